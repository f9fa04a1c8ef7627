package module

import (
	"time"

	"github.com/grafana/sobek"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/stats"
)

// counted is a finished request that the statistics count.
type counted struct {
	key    stats.Key
	tags   requestTags
	status int
	at     time.Time
	// responseTime is in milliseconds, contentLength in bytes.
	responseTime  float64
	contentLength int64
	// failure is empty for a success.
	failure string
	// url and response are not set for a request that the script reported with events.request.fire.
	url      string
	response sobek.Value
}

func (v *userRuntime) countResponse(r *response, object sobek.Value) error {
	return v.count(counted{
		key: r.key, tags: r.tags, status: r.answer.Status, at: r.at, responseTime: r.responseTime, contentLength: r.answer.ContentLength,
		failure: r.failure(), url: r.answer.URL, response: object,
	})
}

// count counts a request in Locust's statistics and in k6's metrics, and calls the listeners.
func (v *userRuntime) count(c counted) error {
	v.attachment.Log(c.key, c.at, c.responseTime, c.contentLength, c.failure)
	v.samples.request(tagKey{c.key, c.tags, c.status, c.failure != ""}, c.at, c.responseTime)
	if !v.script.hasRequestListeners {
		return nil
	}
	return v.script.requested(c)
}
