// Package protocol encodes and decodes the messages between a Locust master and its workers, as in Locust 2.11 to 2.47
// (locust/rpc/protocol.py and locust/stats.py).
package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/vmihailenco/msgpack/v5"
)

// ErrMessage means that a message violates Locust's protocol.
var ErrMessage = errors.New("not a message of Locust")

// Message is a message from a master or a worker: the array [type, data, node id] in one frame.
type Message struct {
	Kind string
	Data any
	// Node is the id of the worker that sends or receives the message.
	Node string
	// Err says why the data could not be read.
	Err error
}

// Encode encodes a message. All strings in it must be valid UTF-8. See [UTF8].
func Encode(kind string, data any, node string) ([]byte, error) {
	var out bytes.Buffer
	encoder := msgpack.NewEncoder(&out)
	encoder.UseCompactInts(true)
	if err := encoder.Encode([]any{kind, data, node}); err != nil {
		return nil, fmt.Errorf("message %s: %w", kind, err)
	}
	return out.Bytes(), nil
}

// Parse decodes a message that has at most maxValues values.
func Parse(frame []byte, maxValues int) (Message, error) {
	value, err := decode(frame, maxValues)
	if err != nil {
		return Message{}, err
	}
	fields, _ := value.([]any)
	if len(fields) != 3 {
		return Message{}, fmt.Errorf("%w: want an array of 3", ErrMessage)
	}
	kind, ok := fields[0].(string)
	if !ok {
		return Message{}, fmt.Errorf("%w: the type is a %T, want a string", ErrMessage, fields[0])
	}
	node, _ := fields[2].(string)
	return Message{Kind: kind, Data: fields[1], Node: node}, nil
}

// Fields returns the data as an object, or an empty object if the data is not an object.
func (m Message) Fields() map[string]any {
	fields, _ := m.Data.(map[string]any)
	return fields
}

// Number converts a number that Python may encode as an int or a float.
func Number(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, !math.IsNaN(value)
	default:
		return 0, false
	}
}

// UTF8 replaces invalid UTF-8. The other side could not read a message with invalid UTF-8.
func UTF8(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// Fields of an ack that only this extension uses. With them, a master asks its workers for precise response times and
// more frequent reports.
const (
	AckLatency        = "xk6_latency"
	AckReportInterval = "xk6_report_interval"
)

// OptionWorkers is a field of a job's parsed_options that only this extension uses. It contains the number of expected
// workers if the user set one. Locust's own field expect_workers cannot show this, because its default is 1.
const OptionWorkers = "xk6_expect_workers"
