package recording

import (
	"cmp"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/conversion"
)

// Convert converts a HAR file. Requests for static resources are left out unless keepsStatic is set.
func Convert(name string, source []byte, keepsStatic bool) (conversion.Result, error) {
	file, err := readRecording(source)
	if err != nil {
		return conversion.Result{}, err
	}
	// Insomnia also exports requests that were never sent.
	isCollection := strings.Contains(strings.ToLower(string(file.Log.Creator.Name)), "insomnia")
	r := &recorder{keepsStatic: keepsStatic, isCollection: isCollection, counts: map[countedRequests]int{}, secrets: map[string]bool{}}
	entries := file.Log.Entries
	for i, entry := range entries {
		r.add(entry, entries[i+1:])
	}
	switch {
	case len(r.problems) > 0:
		return conversion.Result{Problems: r.problems}, nil
	case len(r.lines) == 0:
		return conversion.Result{}, ErrRecording
	}
	return conversion.Result{Script: r.script(filepath.Base(name)), Notes: r.notes()}, nil
}

// recorder converts the requests of a recording, one after the other.
type recorder struct {
	keepsStatic bool
	// isCollection is set if the recording may contain requests that were never sent.
	isCollection bool
	// host is the scheme and the host of the first request in the script.
	host string
	// last is the time at which the last response was complete.
	last     time.Time
	lines    []string
	problems []conversion.Problem
	counts   map[countedRequests]int
	// secrets contains the names of the environment variables that contain secrets.
	secrets map[string]bool
}

// countedRequests is a note about requests in two forms: for one request, and for several, with %d for their number.
type countedRequests struct{ one, several string }

var (
	staticRequests = countedRequests{
		"1 request for a static resource was left out (--static keeps it)",
		"%d requests for static resources were left out (--static keeps them)",
	}
	unansweredRequests = countedRequests{
		"1 request without a response was left out: the browser blocked or canceled it",
		"%d requests without a response were left out: the browser blocked or canceled them",
	}
	cachedRequests = countedRequests{
		"1 request that the browser answered from its cache is included, because users have no cache",
		"%d requests that the browser answered from its cache are included, because users have no cache",
	}
	compressedRequests = countedRequests{
		"1 request has a compressed body in the recording: the script sends it without compression",
		"%d requests have compressed bodies in the recording: the script sends them without compression",
	}
	missingBodies = countedRequests{
		"1 request had a body that the recording does not contain: the script sends it without a body",
		"%d requests had bodies that the recording does not contain: the script sends them without a body",
	}
	otherProtocols = countedRequests{"1 request that does not use HTTP was left out", "%d requests that do not use HTTP were left out"}
	tunnels        = countedRequests{"1 CONNECT request to a proxy was left out", "%d CONNECT requests to a proxy were left out"}
)

// toOtherHost counts requests to a host other than that of the first request.
func toOtherHost(origin string) countedRequests {
	return countedRequests{
		"1 request goes to " + origin + ": remove it if you may not test this host",
		"%d requests go to " + origin + ": remove them if you may not test this host",
	}
}

// add converts a recorded request, or leaves it out. later contains the requests after it.
func (r *recorder) add(entry recordedRequest, later []recordedRequest) {
	if entry.method() == "CONNECT" {
		r.counts[tunnels]++
		return
	}
	if !entry.usesHTTP() {
		r.counts[otherProtocols]++
		return
	}
	address, err := url.Parse(string(entry.Request.URL))
	if err != nil || address.Host == "" {
		r.problems = append(r.problems, conversion.Problem{Text: entry.method() + " " + string(entry.Request.URL) + ": the URL is not valid"})
		return
	}
	switch {
	case entry.isUnanswered() && !r.isCollection:
		r.counts[unansweredRequests]++
		return
	case entry.isStatic(address) && !r.keepsStatic:
		r.counts[staticRequests]++
		return
	case entry.isCached():
		r.counts[cachedRequests]++
	}
	r.host = cmp.Or(r.host, originOf(address))
	if origin := originOf(address); origin != r.host {
		r.counts[toOtherHost(origin)]++
	}
	r.addPause(entry.Started.Time)
	// Requests can overlap. A user pauses only while no request is in flight.
	if end := entry.end(); end.After(r.last) {
		r.last = end
	}
	text, err := r.request(entry, address, later)
	if err != nil {
		r.problems = append(r.problems, conversion.Problem{Text: entry.method() + " " + address.Path + ": " + err.Error()})
	}
	r.lines = append(r.lines, text)
}

// notes returns the notes about the requests and about the environment variables.
func (r *recorder) notes() []conversion.Problem {
	notes := map[conversion.Problem]bool{}
	for requests, count := range r.counts {
		text := requests.one
		if count > 1 {
			text = strings.Replace(requests.several, "%d", strconv.Itoa(count), 1)
		}
		notes[conversion.Problem{Text: text}] = true
	}
	for key := range r.secrets {
		notes[conversion.Problem{Text: "set " + key + " in the environment or with -e"}] = true
	}
	return conversion.Sorted(notes)
}
