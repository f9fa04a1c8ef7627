package module

import (
	"bytes"
	"errors"
	"testing"

	"github.com/sirupsen/logrus"
)

func TestOneLinePerError(t *testing.T) {
	t.Parallel()
	const own = "TypeError: locust: options: users must be a number above 0, got -1" +
		"\n\tat options (k6/x/locust/runtime.js:496:40(19))\n\tat file:///tests/e1.ts:3:38(30)\n"
	for _, test := range []struct {
		message string
		fields  logrus.Fields
		want    string
	}{
		{own, nil, "level=error msg=\"TypeError: locust: options: users must be a number above 0, got -1 (e1.ts:3:38)\"\n"},
		{"TypeError: locust: a\n\tat k6/x/locust/runtime.js:71:39(20)\n\tat file:///tests/e1.ts:3:55(29)\n", nil, "level=error msg=\"TypeError: locust: a (e1.ts:3:55)\"\n"},
		{"Error: a\n\tat go (file:///e1.ts:3:38(30))\n", nil, "level=error msg=\"Error: a\\n\\tat go (file:///e1.ts:3:38(30))\\n\"\n"},
		{"InvalidSetting: unknown PRESET a\n\tat pick (file:///e1.ts:3:38(30))\n\tat file:///e1.ts:9:1(2)\n", nil, "level=error msg=\"unknown PRESET a\"\n"},
		{"Executor error", logrus.Fields{"executor": "browse", "type": "locust", "error": errors.New("b")}, ""},
		{"Executor error", logrus.Fields{"executor": "locust", "type": "shared-iterations"}, "level=error msg=\"Executor error\" executor=locust type=shared-iterations\n"},
	} {
		var out bytes.Buffer
		logger := logrus.New()
		logger.SetOutput(&out)
		logger.SetFormatter(&logrus.TextFormatter{DisableTimestamp: true})
		useOneLine(logger)
		useOneLine(logger)
		logger.WithFields(test.fields).Error(test.message)
		if got := out.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
