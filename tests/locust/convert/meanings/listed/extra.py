VALUE = "/extra"
