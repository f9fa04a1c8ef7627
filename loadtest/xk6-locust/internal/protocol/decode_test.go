package protocol

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// The decoder must read the same values that the MessagePack library wrote.
func TestDecodeReadsWhatTheLibraryWrites(t *testing.T) {
	t.Parallel()
	many := make([]any, 70000)
	for i := range many {
		many[i] = int64(i)
	}
	fields := map[string]any{}
	for i := range 70000 / 2 {
		fields[strings.Repeat("k", i%5)+string(rune('a'+i%26))+string(rune(0x4e00+i))] = nil
	}
	for _, value := range []any{
		nil, true, false, 1.5, math.Inf(1), "", "한글", strings.Repeat("a", 31), strings.Repeat("a", 32), strings.Repeat("a", 300),
		strings.Repeat("a", 70000), []byte{1}, make([]byte, 300), make([]byte, 70000), []any{}, many[:15], many[:16], many,
		map[string]any{"a": map[string]any{"b": []any{int64(1)}}}, fields,
		int64(0), int64(127), int64(128), int64(255), int64(256), int64(65536), int64(1 << 40), int64(math.MaxInt64),
		uint64(math.MaxUint64), int64(-1), int64(-32), int64(-33), int64(-129), int64(-40000), int64(math.MinInt64),
	} {
		for _, compact := range []bool{true, false} {
			var out bytes.Buffer
			encoder := msgpack.NewEncoder(&out)
			encoder.UseCompactInts(compact)
			if err := encoder.Encode(value); err != nil {
				t.Fatal(err)
			}
			got, err := decode(out.Bytes(), MaxMasterValues)
			if err != nil || !reflect.DeepEqual(got, value) {
				t.Errorf("got %.60v (%T), %v, want %.60v (%T)", got, got, err, value, value)
			}
		}
	}
}

func TestDecodeOfOtherForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, data string
		want       any
	}{
		{"a float of four bytes", "\xca\x3f\xc0\x00\x00", 1.5},
		{"keys that are not text", "\x84\x01\xa1a\xff\xa1b\xc3\xa1c\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xa1d",
			map[string]any{"1": "a", "-1": "b", "true": "c", "1.5": "d"}},
		{"bytes of a short length", "\xc4\x01a", []byte("a")},
		{"a fixed extension", "\xd5\x07ab", []byte("\x07ab")},
		{"an extension", "\xc7\x03\x07abc", []byte("\x07abc")},
		{"the longest lengths", "\xdd\x00\x00\x00\x01\xdf\x00\x00\x00\x01\xdb\x00\x00\x00\x01k\xc6\x00\x00\x00\x01v",
			[]any{map[string]any{"k": []byte("v")}}},
	} {
		if got, err := decode([]byte(test.data), MaxMasterValues); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, %v, want %v", test.name, got, err, test.want)
		}
	}
}

func TestDecodeRefusesWithoutMuchMemory(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"nothing":                        "",
		"the unused byte":                "\xc1",
		"bytes after the value":          "\x01\x01",
		"half a number":                  "\xcf\x00",
		"half a string":                  "\xa3ab",
		"a string of 4 GB":               "\xdb\xff\xff\xff\xff",
		"bytes of 4 GB":                  "\xc6\xff\xff\xff\xff",
		"an extension of 4 GB":           "\xc9\xff\xff\xff\xff",
		"an array of 4 billion":          "\xdd\xff\xff\xff\xff\x01",
		"a map of 4 billion":             "\xdf\xff\xff\xff\xff\x01\x01",
		"nested maps of 4 billion":       strings.Repeat("\xdf\xff\xff\xff\xff", 1000),
		"an array as a key":              "\x81\x90\x01",
		"bytes as a key":                 "\x81\xc4\x01a\x01",
		"nil as a key":                   "\x81\xc0\x01",
		"nested arrays, a few":           strings.Repeat("\x91", maxDepth+1) + "\x01",
		"nested arrays":                  strings.Repeat("\x91", 4<<20),
		"nested maps":                    strings.Repeat("\x81\x01", 2<<20),
		"arrays longer than the message": strings.Repeat("\xdc\xff\xff", 1<<20),
		"millions of values":             "\xdd\x00\x3f\xff\xff" + strings.Repeat("\xc0", 4<<20),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		value, err := decode([]byte(data), MaxMasterValues)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, errMessagePack) {
			t.Errorf("%s: got %v, %v", name, value, err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 100<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
}

func FuzzDecode(f *testing.F) {
	spawn, err := Encode("spawn", map[string]any{
		"timestamp": 1.5, "user_classes_count": map[string]int{"A": 1}, "host": nil, "parsed_options": map[string]any{"tags": []string{"a"}},
	}, "host_1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(spawn)
	f.Add([]byte("\x93\xa9heartbeat\xc0\xa1x"))
	f.Add([]byte("\xdf\xff\xff\xff\xff\x01\x90"))
	f.Add([]byte("\x81\x90\x01"))
	f.Add(bytes.Repeat([]byte{0x91}, 100))
	f.Add([]byte("\xc7\x03\x07abc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := Parse(data, MaxMasterValues)
		if err != nil {
			return
		}
		_, _ = StatsOf(message.Data) // must not panic, whatever the fields are
		if _, err = Encode(message.Kind, message.Data, "host_1"); err != nil {
			t.Errorf("the decoded value cannot be encoded: %v", err)
		}
	})
}
