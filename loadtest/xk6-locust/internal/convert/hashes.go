package convert

import (
	"slices"
	"strings"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/python"
)

// hashType is the type of the objects of hashlib and hmac.
const hashType = "hash"

// hashLibrary converts a call that creates a hash.
func (c *converter) hashLibrary(call *python.Call, full string) (code, bool) {
	switch full {
	case "hashlib.md5", "hashlib.sha1", "hashlib.sha256", "hashlib.sha384", "hashlib.sha512":
		if len(call.Args) > 1 || len(call.Keywords) > 0 && call.Keywords[0].Name != "usedforsecurity" {
			break
		}
		c.usesCrypto = true
		hash := "crypto.createHash(" + conversion.Quote(strings.TrimPrefix(full, "hashlib.")) + ")"
		if len(call.Args) == 1 {
			return code{js: "pyHash(" + hash + ", " + c.anyBytes(call.Args[0]) + ")", t: hashType}, true
		}
		return code{js: hash, t: hashType}, true
	case "hmac.new":
		return c.hmac(call)
	}
	return code{}, false
}

// anyBytes converts an argument that must be bytes: text in UTF-8, or the content of a binary file.
func (c *converter) anyBytes(expr python.Expr) string {
	if value := c.value(expr); value.t == binaryType {
		return value.js
	}
	return c.bytesOf(expr)
}

// hmac converts hmac.new(key, msg, digestmod). It returns false if the hash function is not supported.
func (c *converter) hmac(call *python.Call) (code, bool) {
	args, ok := python.Bind(call, "key", "msg", "digestmod")
	if !ok || args["key"] == nil || args["digestmod"] == nil {
		return code{}, false
	}
	hash := strings.TrimPrefix(c.qualified(args["digestmod"]), "hashlib.")
	if text, isText := args["digestmod"].(*python.Constant); isText {
		hash = text.Text
	}
	message := ""
	if args["msg"] != nil {
		message = c.anyBytes(args["msg"])
	}
	key := c.anyBytes(args["key"])
	if !slices.Contains(hashes, hash) {
		return code{}, false
	}
	c.usesCrypto = true
	created := "crypto.createHMAC(" + conversion.Quote(hash) + ", " + key + ")"
	if message != "" {
		created = "pyHash(" + created + ", " + message + ")"
	}
	return code{js: created, t: hashType}, true
}

// hashCall converts a call to a method of an object of hashlib or hmac.
func (c *converter) hashCall(call *python.Call, callee *python.Attribute, x code) code {
	switch {
	case len(call.Keywords) > 0:
	case callee.Name == "update" && len(call.Args) == 1:
		c.recordMutation(callee.X)
		return code{js: x.operand() + ".update(" + c.anyBytes(call.Args[0]) + ")", t: noneType}
	case callee.Name == "hexdigest" && len(call.Args) == 0:
		return code{js: x.operand() + ".digest('hex')", t: strType}
	case callee.Name == "digest" && len(call.Args) == 0:
		return code{js: x.operand() + ".digest('binary')", t: binaryType}
	}
	return c.unsupported(call, "%s is not supported", c.source(call))
}

// hashes contains the hash functions that the converter supports.
var hashes = []string{"md5", "sha1", "sha256", "sha384", "sha512"}
