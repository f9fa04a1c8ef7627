package recording

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

const recorded = `{"startedDateTime":"2026-01-01T10:00:00Z","time":1,"request":{"method":"GET","url":"http://a.example/x?token=s3cret&q=1",
	"headers":[{"name":"X-Api-Key","value":"s3cret"},{"name":"Cookie","value":"sid=s3cret"},{"name":"X-A","value":"b"}]},"response":{"content":{}}}`

func TestRecordingKeepsSecretsOut(t *testing.T) {
	result, err := Convert("r.har", []byte(`{"log":{"entries":[`+recorded+`]}}`), false)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(result.Script, "s3cret") {
		t.Error(result.Script)
	}
	for _, want := range []string{"secret('TOKEN')", "secret('X_API_KEY')", "Cookie: secret('COOKIE')", "'X-A': 'b'", "name: '/x'"} {
		if !strings.Contains(result.Script, want) {
			t.Errorf("want %s in\n%s", want, result.Script)
		}
	}
}

func TestRecordingOfFormsAndRedirects(t *testing.T) {
	entry := func(method, path, post, response string) string {
		return `{"startedDateTime":"2026-01-01T10:00:00Z","request":{"method":"` + method + `","url":"http://a.example` + path +
			`","headers":[{"name":"Content-Type","value":"application/x-www-form-urlencoded"}]` + post + `},"response":{` + response + `}}`
	}
	form := `,"postData":{"mimeType":"application/x-www-form-urlencoded","text":"a=b+c%20d&pwd=x","params":[{"name":"a","value":"b+c%20d"}]}`
	encoded := `,"postData":{"mimeType":"text/plain","encoding":"base64","text":"w7w="}`
	entries := []string{
		entry("POST", "/login", form, `"status":302,"redirectURL":"/home"`),
		entry("GET", "/home", "", `"status":200`),
		entry("GET", "/other", "", `"status":302,"redirectURL":"/elsewhere"`),
		entry("POST", "/text", encoded, `"status":200`),
	}
	result, err := Convert("r.har", []byte(`{"log":{"entries":[`+strings.Join(entries, ",")+`]}}`), false)
	if err != nil || len(result.Problems) > 0 {
		t.Fatal(err, result.Problems)
	}
	for _, want := range []string{"allowRedirects: false, data: `a=b+c%20d&pwd=${encodeURIComponent(secret('PWD'))}`", "data: 'ü'"} {
		if !strings.Contains(result.Script, want) {
			t.Errorf("want %s in\n%s", want, result.Script)
		}
	}
	if count := strings.Count(result.Script, "allowRedirects"); count != 1 {
		t.Errorf("got %d × allowRedirects in\n%s", count, result.Script)
	}
	binary := entry("POST", "/b", strings.Replace(encoded, "w7w=", "/w==", 1), "")
	result, err = Convert("r.har", []byte(`{"log":{"entries":[`+binary+`]}}`), false)
	if err != nil || len(result.Problems) != 1 || !strings.Contains(result.Problems[0].Text, "POST /b: the recording has a binary body") {
		t.Error(err, result.Problems)
	}
}

// Recordings differ between browsers and other programs.
func TestRecordingOfOtherPrograms(t *testing.T) {
	entry := func(fields, request, response string) string {
		return `{` + fields + `"request":{"method":"POST","url":"http://a.example/x"` + request + `},"response":` + response + `}`
	}
	form := func(text string) string {
		return `,"headers":[{"name":"content-type","value":"multipart/form-data; boundary=b1"}],"postData":{"mimeType":"multipart/form-data; boundary=b1",` + text + `}`
	}
	part := `--b1\r\nContent-Disposition: form-data; name=\"`
	for _, test := range []struct {
		source string
		// wants contains parts of the script. If a text begins with an exclamation mark, the rest of this text is a part of
		// the problem that is expected instead of a script.
		wants []string
	}{
		{entry(`"startedDateTime":"2026-01-01T10:00:00.5+0100","time":null,`, `,"headers":[{"name":":authority","value":"a"},{"name":"","value":"b"},{"name":"X-N","value":7},{"name":"Alt-Used","value":"a"}]`, `null`), []string{"post('/x', { headers: { 'X-N': '7' } })"}},
		{entry(`"startedDateTime":"",`, `,"headers":null,"postData":{"mimeType":null,"text":null}`, `{"status":200}`), []string{"post('/x')"}},
		{entry(``, form(`"text":"`+part+`a\"\r\n\r\n1\r\n`+part+`password\"\r\n\r\ns3cret\r\n`+part+`f\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b1--\r\n"`), `{"status":200}`),
			[]string{"post('/x', { files: [['a', [null, '1']], ['password', [null, secret('PASSWORD')]], ['f', ['a.txt', 'hi', 'text/plain']]] })"}},
		{entry(``, form(`"text":"`+part+`f\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--b1--\r\n"`), `{"status":200}`), []string{"files: [['f', ['', '', 'application/octet-stream']]]"}},
		{entry(``, form(`"params":[{"name":"a","value":"1"},{"name":"f","fileName":"a.txt","contentType":"text/plain","value":"hi"}]`), `{"status":200}`), []string{"files: [['a', [null, '1']], ['f', ['a.txt', 'hi', 'text/plain']]]"}},
		{entry(``, form(`"text":"`+part+`f\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\r\n--b1--\r\n"`), `{"status":200}`), []string{"!the recording does not contain the uploaded file"}},
		{entry(``, `,"headers":[{"name":"Content-Encoding","value":"gzip"}],"postData":{"text":"\u001f\u008b\b"}`, `{"status":200}`), []string{"!the recording has a compressed body"}},
		{entry(``, `,"headers":[{"name":"Content-Encoding","value":"gzip"}],"postData":{"text":"H4sI","encoding":"base64"}`, `{"status":200}`), []string{"!the recording has a compressed body"}},
		{entry(``, `,"headers":[{"name":"Content-Encoding","value":"gzip"}],"postData":{"text":"{\"a\":\n1}"}`, `{"status":200}`), []string{"post('/x', { data: '{\"a\":\\n1}' })"}},
		{entry(``, `,"postData":{"text":"a\ufffdb"}`, `{"status":200}`), []string{"!the recording has a binary body"}},
		{entry(``, `,"url":"http://a.example/%zz"`, `{"status":200}`), []string{"!POST http://a.example/%zz: the URL is not valid"}},
	} {
		result, err := Convert("r.har", []byte("\ufeff"+`{"log":{"entries":[`+test.source+`]}}`), false)
		if err != nil {
			t.Errorf("%s: %v", test.source, err)
		}
		for _, want := range test.wants {
			if problem, isProblem := strings.CutPrefix(want, "!"); isProblem {
				if len(result.Problems) != 1 || !strings.Contains(result.Problems[0].Text, problem) {
					t.Errorf("%s\nwant %s, got %v", test.source, problem, result.Problems)
				}
			} else if !strings.Contains(result.Script, want) || strings.Contains(result.Script, "s3cret") {
				t.Errorf("want %s in\n%s %v", want, result.Script, result.Problems)
			}
		}
	}
	others := []string{entry(``, ``, `{"status":200}`), entry(``, ``, `{"status":0}`), entry(``, ``, `{"status":101}`), entry(`"_fromCache":"disk",`, ``, `{"status":200}`)}
	result, err := Convert("r.har", []byte(`{"log":{"entries":[`+strings.Join(others, ",")+`]}}`), false)
	if err != nil || strings.Count(result.Script, "post(") != 2 || len(result.Notes) != 3 {
		t.Error(err, result.Script, result.Notes)
	}
}

// Proxies such as Charles record tunnels, default ports, and redirects without redirectURL. Safari has its own fields, and
// Insomnia exports requests that were never sent.
func TestRecordingOfProxiesAndCollections(t *testing.T) {
	entry := func(method, link, headers, rest string) string {
		return `{"request":{"method":"` + method + `","url":"` + link + `","headers":[` + headers + `]},` + rest + `}`
	}
	ok := `"response":{"status":200}`
	proxy := []string{
		entry("CONNECT", "https://a.example:443", "", ok),
		entry("GET", "https://a.example:443/a", `{"name":"X-A","value":"1"},{"name":"x-a","value":"2"},{"name":"X-B","value":"3"}`, ok),
		entry("POST", "https://a.example/old", "", `"response":{"status":301,"redirectURL":null,"headers":[{"name":"location","value":"https://a.example:443/new?x=1#f"}]}`),
		entry("GET", "https://a.example/new?x=1", "", ok),
		entry("GET", "https://a.example/logo", "", `"_fetchType":"Memory Cache",`+ok),
		entry("GET", "https://a.example/gone", "", `"response":{"status":-1}`),
	}
	result, err := Convert("r.har", []byte(`{"log":{"entries":[`+strings.Join(proxy, ",")+`]}}`), false)
	want := "  async visit() {\n    await this.client.get('/a', { headers: { 'X-A': '1, 2', 'X-B': '3' } })\n    await this.client.post('/old', { allowRedirects: false })\n" +
		"    await this.client.get('/new?x=1', { name: '/new' })\n    await this.client.get('/logo')\n  }"
	if err != nil || !strings.Contains(result.Script, want) || len(result.Notes) != 3 {
		t.Errorf("%v %v\n%s", err, result.Notes, result.Script)
	}
	unsent := entry("GET", "https://a.example/b", "", `"response":{"status":0}`)
	result, err = Convert("r.har", []byte(`{"log":{"creator":{"name":"Insomnia REST Client"},"entries":[`+unsent+`]}}`), false)
	if err != nil || !strings.Contains(result.Script, "this.client.get('/b')") || len(result.Notes) > 0 {
		t.Error(err, result.Notes, result.Script)
	}
}

// Some recordings do not contain the bodies: Playwright writes them to other files, and Chrome leaves out some uploads.
func TestRecordingNotesMissingBodies(t *testing.T) {
	for request, isMissing := range map[string]bool{
		`"bodySize":7,"postData":{"mimeType":"application/json","params":[]}`:        true,
		`"bodySize":-1,"headers":[{"name":"content-length","value":"7"}]`:            true,
		`"bodySize":7,"postData":{"mimeType":"multipart/form-data; boundary=b"}`:     true,
		`"bodySize":7,"postData":{"mimeType":"application/json","text":"{\"a\":1}"}`: false,
		`"bodySize":0,"headers":[{"name":"Content-Length","value":"0"}]`:             false,
		`"bodySize":-1,"postData":{"mimeType":"application/json","text":""}`:         false,
		`"bodySize":null`: false,
	} {
		result, err := Convert("r.har", []byte(`{"log":{"entries":[{"request":{"method":"POST","url":"http://a/b",`+request+`},"response":{"status":200}}]}}`), false)
		want := conversion.Problem{Text: "1 request had a body that the recording does not contain: the script sends it without a body"}
		if err != nil || len(result.Problems) > 0 || slices.Contains(result.Notes, want) != isMissing {
			t.Errorf("%s: got %v %v %v", request, err, result.Problems, result.Notes)
		}
	}
}

func TestRecordingNotesOtherHosts(t *testing.T) {
	var entries []string
	for _, link := range []string{"http://a/1", "http://b/2", "http://b/3", "http://c/4", "http://a/x.png"} {
		entries = append(entries, `{"startedDateTime":"2026-01-01T00:00:00Z","request":{"method":"GET","url":"`+link+`"},"response":{"status":200}}`)
	}
	result, err := Convert("r.har", []byte(`{"log":{"entries":[`+strings.Join(entries, ",")+`]}}`), false)
	want := "[{0 1 request for a static resource was left out (--static keeps it) } {0 1 request goes to http://c: remove it if you may not test this host } " +
		"{0 2 requests go to http://b: remove them if you may not test this host }]"
	if got := fmt.Sprint(result.Notes); err != nil || got != want {
		t.Errorf("got %v %v", got, err)
	}
}

// Requests can overlap, files can be uploaded, and secrets can be numbers.
func TestRecordingOfOverlappingRequests(t *testing.T) {
	entry := func(second, milliseconds, request string) string {
		return `{"startedDateTime":"2026-01-01T10:00:` + second + `Z","time":` + milliseconds + `,"request":{` + request + `},"response":{"status":200}}`
	}
	entries := []string{
		entry("00", "10000", `"method":"GET","url":"http://a.example/long"`),
		entry("01", "-1", `"method":"GET","url":"http://a.example/short"`),
		entry("13", "0", `"method":"PUT","url":"http://a.example/photo.jpg","postData":{"mimeType":"application/json","text":"{\"pin\": 1, \"code\": 1234, \"pwd\":\"x\"}"}`),
		entry("13", "0", `"method":"GET","url":"http://a.example/photo.jpg"`),
	}
	result, err := Convert("r.har", []byte(`{"log":{"entries":[`+strings.Join(entries, ",")+`]}}`), false)
	if err != nil || len(result.Problems) > 0 {
		t.Fatal(err, result.Problems)
	}
	want := `await this.client.get('/long')
    await this.client.get('/short')
    await this.sleep(3)
    await this.client.put('/photo.jpg', { data: ` + "`" + `{"pin": 1, "code": ${secret('CODE')}, "pwd":${JSON.stringify(secret('PWD'))}}` + "`" + ` })
  }`
	if !strings.Contains(result.Script, want) {
		t.Errorf("want %s in\n%s", want, result.Script)
	}
}

func TestRecordingRefuses(t *testing.T) {
	for _, source := range []string{"", "[]", "{}", `{"log":{"entries":[]}}`, `{"log":{"entries":[{"request":{"method":"GET","url":"ws://a/"}}]}}`} {
		if _, err := Convert("r.har", []byte(source), false); !errors.Is(err, ErrRecording) {
			t.Errorf("%s: got %v", source, err)
		}
	}
}

// Errors about fields use the names of HAR, not those of Go.
func TestWrongTypes(t *testing.T) {
	for source, want := range map[string]string{
		`[]`:                    "the type of the file must be object, got array",
		`{"log":[]}`:            "the type of log must be object, got array",
		`{"log":{"entries":7}}`: "the type of log.entries must be array, got number",
		`{"log":{"entries":[{"request":"GET"}]}}`:                                 "the type of log.entries.request must be object, got string",
		`{"log":{"entries":[{"time":"1"}]}}`:                                      "the type of log.entries.time must be number, got string",
		`{"log":{"entries":[{"_fromCache":true}]}}`:                               "the type of log.entries._fromCache must be string, got boolean",
		`{"log":{"entries":[{"request":{"url":{}}}]}}`:                            "the type of log.entries.request.url must be string, got object",
		`{"log":{"entries":[{"request":{"headers":[{"name":["x"]}]}}]}}`:          "the type of log.entries.request.headers.name must be string, got array",
		`{"log":{"entries":[{"response":{"status":"200"}}]}}`:                     "the type of log.entries.response.status must be integer, got string",
		`{"log":{"entries":[{"request":{"postData":{"params":[{"name":{}}]}}}]}}`: "the type of log.entries.request.postData.params.name must be string, got object",
	} {
		if _, err := Convert("r.har", []byte(source), false); err == nil || err.Error() != ErrRecording.Error()+": "+want {
			t.Errorf("%s: got %v, want %s", source, err, want)
		}
	}
}
