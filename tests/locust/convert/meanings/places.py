base = "/place"
