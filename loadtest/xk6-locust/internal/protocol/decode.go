package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Limits for the number of values in a message. The largest message from a master, spawn, has a few hundred values. The
// largest message from a worker, stats, can have thousands of values for each request name.
const (
	MaxMasterValues = 100_000
	MaxWorkerValues = 10_000_000
)

// maxDepth limits the depth of a message. Messages have five levels.
const maxDepth = 32

var errMessagePack = errors.New("invalid or oversized MessagePack value")

// decode decodes one MessagePack value (https://github.com/msgpack/msgpack/blob/master/spec.md) to nil, bool, int64,
// uint64 (only if it exceeds int64), float64, string, []byte, []any, or map[string]any. Keys that are numbers or
// booleans become text.
//
// It does not use a library, because libraries trust declared lengths, do not limit the depth, or panic if a map key is
// an array. Here, the length of the message and maxValues limit the memory that is used.
func decode(data []byte, maxValues int) (any, error) {
	d := decoder{rest: data, maxValues: maxValues}
	value, err := d.value(0)
	if err == nil && len(d.rest) > 0 {
		err = fmt.Errorf("%w: %d bytes too many", errMessagePack, len(d.rest))
	}
	return value, err
}

type decoder struct {
	rest              []byte
	values, maxValues int
}

func (d *decoder) value(depth int) (any, error) {
	if d.values++; depth > maxDepth || d.values > d.maxValues {
		return nil, fmt.Errorf("%w: more than %d values or %d levels", errMessagePack, d.maxValues, maxDepth)
	}
	head, err := d.take(1)
	if err != nil {
		return nil, err
	}
	switch c := head[0]; {
	case c <= 0x7f:
		return int64(c), nil
	case c <= 0x8f:
		return d.object(uint64(c&0x0f), depth)
	case c <= 0x9f:
		return d.array(uint64(c&0x0f), depth)
	case c <= 0xbf:
		return d.text(uint64(c & 0x1f))
	case c >= 0xe0:
		return int64(int8(c)), nil
	case c == 0xc0:
		return nil, nil //nolint:nilnil // the value nil
	case c == 0xc2, c == 0xc3:
		return c == 0xc3, nil
	case c >= 0xc4 && c <= 0xc6:
		return d.sized(c-0xc4, d.bytes)
	case c >= 0xc7 && c <= 0xc9: // an extension: its type precedes its bytes
		return d.sized(c-0xc7, func(length uint64) (any, error) { return d.bytes(length + 1) })
	case c >= 0xd4 && c <= 0xd8:
		return d.bytes(1<<(c-0xd4) + 1)
	case c >= 0xca && c <= 0xd3:
		return d.number(c)
	case c >= 0xd9 && c <= 0xdb:
		return d.sized(c-0xd9, d.text)
	case c == 0xdc, c == 0xdd:
		return d.sized(c-0xdc+1, func(length uint64) (any, error) { return d.array(length, depth) })
	case c == 0xde, c == 0xdf:
		return d.sized(c-0xde+1, func(length uint64) (any, error) { return d.object(length, depth) })
	default:
		return nil, fmt.Errorf("%w: unknown byte %#x", errMessagePack, c)
	}
}

// sized reads a length, which is encoded in 2^exponent bytes, and passes it to read.
func (d *decoder) sized(exponent byte, read func(length uint64) (any, error)) (any, error) {
	length, err := d.unsigned(1 << exponent)
	if err != nil {
		return nil, err
	}
	return read(length)
}

// take removes and returns the next bytes.
func (d *decoder) take(length uint64) ([]byte, error) {
	if length > uint64(len(d.rest)) {
		return nil, fmt.Errorf("%w: a value needs %d bytes, but only %d are left", errMessagePack, length, len(d.rest))
	}
	taken := d.rest[:length]
	d.rest = d.rest[length:]
	return taken, nil
}

func (d *decoder) unsigned(size uint64) (uint64, error) {
	data, err := d.take(size)
	if err != nil {
		return 0, err
	}
	var padded [8]byte
	copy(padded[8-size:], data)
	return binary.BigEndian.Uint64(padded[:]), nil
}

func (d *decoder) bytes(length uint64) (any, error) {
	return d.take(length)
}

func (d *decoder) text(length uint64) (any, error) {
	data, err := d.take(length)
	return string(data), err
}

func (d *decoder) number(c byte) (any, error) {
	size := uint64(1) << (c & 3) // 0xcc to 0xcf are uint8 to uint64, 0xd0 to 0xd3 int8 to int64
	if c < 0xcc {
		size = 4 << (c - 0xca) // float32 is 0xca, float64 0xcb
	}
	bits, err := d.unsigned(size)
	switch {
	case err != nil:
		return nil, err
	case c == 0xca:
		return float64(math.Float32frombits(uint32(bits))), nil
	case c == 0xcb:
		return math.Float64frombits(bits), nil
	case c < 0xd0 && bits > math.MaxInt64:
		return bits, nil
	case c < 0xd0:
		return int64(bits), nil
	default:
		unused := 64 - 8*size
		return int64(bits<<unused) >> unused, nil
	}
}

func (d *decoder) array(length uint64, depth int) (any, error) {
	array := []any{} // grows with the actual elements, because the declared length may be wrong
	for range length {
		value, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	return array, nil
}

func (d *decoder) object(length uint64, depth int) (any, error) {
	object := map[string]any{}
	for range length {
		key, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		value, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		switch key := key.(type) {
		case string:
			object[key] = value
		case int64: // reports contain thousands of them
			object[strconv.FormatInt(key, 10)] = value
		case uint64, float64, bool:
			object[fmt.Sprint(key)] = value
		default:
			return nil, fmt.Errorf("%w: a key is a %T", errMessagePack, key)
		}
	}
	return object, nil
}
