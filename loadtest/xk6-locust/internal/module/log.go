package module

import (
	"regexp"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/executor"
)

// oneLine is a formatter that prints each error of this extension only once, on a single line. k6 offers no other way
// to change the errors that it logs.
type oneLine struct{ logrus.Formatter }

// useOneLine installs the formatter, unless it is already installed.
func useOneLine(to logrus.FieldLogger) {
	logger, isLogger := to.(*logrus.Logger)
	if !isLogger {
		return
	}
	if _, isInstalled := logger.Formatter.(oneLine); !isInstalled {
		logger.SetFormatter(oneLine{logger.Formatter})
	}
}

var (
	// ownStack matches the rest of a stack, from the first frame that is code of this module.
	ownStack = regexp.MustCompile(`\n\s+at (?:[^\n]*\()?k6/x/locust/(?s:.*)`)
	// invalidSetting matches errors about settings, such as variables. They are printed without a stack, because the
	// person who runs the script must change a setting, not the script.
	invalidSetting = regexp.MustCompile(`^InvalidSetting: ([^\n]*)(?:\n\s+at [^\n]*)*\n?$`)
	// scriptPlace matches the file, line, and column in a frame of a script.
	scriptPlace = regexp.MustCompile(`file://[^\s]*/([^/\s]+:\d+:\d+)`)
)

// Format implements [logrus.Formatter].
func (f oneLine) Format(entry *logrus.Entry) ([]byte, error) {
	// k6 logs the error of an executor twice: in this entry, and when it exits.
	if entry.Message == "Executor error" && entry.Data["type"] == executor.Type {
		return nil, nil
	}
	if setting := invalidSetting.FindStringSubmatch(entry.Message); setting != nil {
		original := entry.Message
		defer func() { entry.Message = original }()
		entry.Message = setting[1]
	}
	if stack := ownStack.FindString(entry.Message); stack != "" {
		original := entry.Message
		defer func() { entry.Message = original }()
		entry.Message = strings.TrimSuffix(original, stack)
		if place := scriptPlace.FindStringSubmatch(stack); place != nil {
			entry.Message += " (" + place[1] + ")"
		}
	}
	return f.Formatter.Format(entry)
}
