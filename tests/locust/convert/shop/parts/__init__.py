def limits_of():
    return "limits"
