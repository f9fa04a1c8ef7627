VALUE = "/deep"
