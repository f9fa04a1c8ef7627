LATER = "/later"
