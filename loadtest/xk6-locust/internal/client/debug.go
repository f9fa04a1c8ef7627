package client

import "fmt"

// exchanged describes a request and its answer for Options.Debug.
func exchanged(h *hop, a *answer, userAgent string) Exchange {
	exchange := Exchange{RequestHead: string(appendHead(nil, h, userAgent)), RequestBody: h.body, AnswerBody: a.body}
	if a.status != 0 {
		exchange.AnswerHead = fmt.Sprintf("%s %d %s\r\n%s", a.proto, a.status, a.reason, a.header)
	}
	return exchange
}
