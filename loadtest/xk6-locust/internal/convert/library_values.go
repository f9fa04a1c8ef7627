package convert

import (
	"strconv"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

const lowercase, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"

// letters contains the constants of Python's module string.
var letters = map[string]string{
	"string.ascii_lowercase": lowercase, "string.ascii_uppercase": strings.ToUpper(lowercase), "string.ascii_letters": lowercase + strings.ToUpper(lowercase),
	"string.digits": digits, "string.hexdigits": digits + "abcdefABCDEF", "string.octdigits": "01234567",
	"string.punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "string.whitespace": " \t\n\r\v\f",
}

// operatorFunctions maps functions in Python's module operator to operators.
var operatorFunctions = map[string]string{
	"operator.add": "+", "operator.sub": "-", "operator.mul": "*", "operator.truediv": "/", "operator.floordiv": "//", "operator.mod": "%",
}

// statuses contains the members of http.HTTPStatus.
var statuses = map[string]int{
	"CONTINUE": 100, "SWITCHING_PROTOCOLS": 101, "PROCESSING": 102, "EARLY_HINTS": 103, "OK": 200, "CREATED": 201, "ACCEPTED": 202,
	"NON_AUTHORITATIVE_INFORMATION": 203, "NO_CONTENT": 204, "RESET_CONTENT": 205, "PARTIAL_CONTENT": 206, "MULTI_STATUS": 207,
	"ALREADY_REPORTED": 208, "IM_USED": 226, "MULTIPLE_CHOICES": 300, "MOVED_PERMANENTLY": 301, "FOUND": 302, "SEE_OTHER": 303,
	"NOT_MODIFIED": 304, "USE_PROXY": 305, "TEMPORARY_REDIRECT": 307, "PERMANENT_REDIRECT": 308, "BAD_REQUEST": 400,
	"UNAUTHORIZED": 401, "PAYMENT_REQUIRED": 402, "FORBIDDEN": 403, "NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405, "NOT_ACCEPTABLE": 406,
	"PROXY_AUTHENTICATION_REQUIRED": 407, "REQUEST_TIMEOUT": 408, "CONFLICT": 409, "GONE": 410, "LENGTH_REQUIRED": 411,
	"PRECONDITION_FAILED": 412, "REQUEST_ENTITY_TOO_LARGE": 413, "REQUEST_URI_TOO_LONG": 414, "UNSUPPORTED_MEDIA_TYPE": 415,
	"REQUESTED_RANGE_NOT_SATISFIABLE": 416, "EXPECTATION_FAILED": 417, "IM_A_TEAPOT": 418, "MISDIRECTED_REQUEST": 421,
	"UNPROCESSABLE_ENTITY": 422, "LOCKED": 423, "FAILED_DEPENDENCY": 424, "TOO_EARLY": 425, "UPGRADE_REQUIRED": 426,
	"PRECONDITION_REQUIRED": 428, "TOO_MANY_REQUESTS": 429, "REQUEST_HEADER_FIELDS_TOO_LARGE": 431,
	"UNAVAILABLE_FOR_LEGAL_REASONS": 451, "INTERNAL_SERVER_ERROR": 500, "NOT_IMPLEMENTED": 501, "BAD_GATEWAY": 502,
	"SERVICE_UNAVAILABLE": 503, "GATEWAY_TIMEOUT": 504, "HTTP_VERSION_NOT_SUPPORTED": 505, "VARIANT_ALSO_NEGOTIATES": 506,
	"INSUFFICIENT_STORAGE": 507, "LOOP_DETECTED": 508, "NOT_EXTENDED": 510, "NETWORK_AUTHENTICATION_REQUIRED": 511,
}

// statusOf returns the status code that a member of http.HTTPStatus or requests.codes means. It returns false for other
// names.
func statusOf(full string) (int, bool) {
	name := strings.TrimSuffix(strings.TrimPrefix(full, "http."), ".value")
	if member, ok := strings.CutPrefix(name, "HTTPStatus."); ok {
		status, isKnown := statuses[member]
		return status, isKnown
	}
	if member, ok := strings.CutPrefix(full, "requests.codes."); ok {
		status, isKnown := statuses[strings.ToUpper(member)]
		return status, isKnown
	}
	return 0, false
}

// libraryValue converts a constant or a function of Python's library that is used as a value. For all other names, it
// returns code with the type of a module.
func (c *converter) libraryValue(pos python.Pos, full string) code {
	switch full {
	case "math.pi":
		return code{js: "Math.PI", t: floatType, isPure: true}
	case "math.e":
		return code{js: "Math.E", t: floatType, isPure: true}
	case "math.inf":
		return code{js: "Infinity", t: realType, isPure: true}
	}
	if status, ok := statusOf(full); ok {
		return code{js: strconv.Itoa(status), t: intType, isPure: true}
	}
	if text, ok := letters[full]; ok {
		return code{js: conversion.Quote(text), t: strType, isPure: true}
	}
	if op := operatorFunctions[full]; op != "" {
		x, y := &python.Name{Pos: pos, ID: "_x"}, &python.Name{Pos: pos, ID: "_y"}
		return c.lambda(lambdaOf(&python.Binary{Pos: pos, Op: op, X: x, Y: y}, x, y))
	}
	return code{js: "null", t: "module:" + full, isPure: true}
}
