// Package network applies k6's options to the HTTP client of users, and rejects options that cannot be applied.
package network

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.k6.io/k6/v2/lib"
)

// Treatment says what happens to a k6 option.
type Treatment string

const (
	// Honored options apply to the requests of users.
	Honored Treatment = "honored"
	// Refused options prevent the run from starting, because they would have no effect on users.
	Refused Treatment = "refused"
	// Irrelevant options do not affect the requests of users. k6 applies them itself.
	Irrelevant Treatment = "irrelevant"
)

// rule is the treatment of one option.
type rule struct {
	Treatment
	// instead says what to use instead of a refused option.
	instead string
	// isAllowed reports whether the value of a refused option is accepted because it changes nothing. It may be nil.
	isAllowed func(options lib.Options) bool
}

// rules contains a rule for every field of [lib.Options].
var rules = map[string]rule{
	"BlacklistIPs":          {Treatment: Honored},
	"BlockedHostnames":      {Treatment: Honored},
	"DNS":                   {Treatment: Honored},
	"DiscardResponseBodies": {Treatment: Honored},
	"HTTPDebug":             {Treatment: Honored},
	"Hosts":                 {Treatment: Honored},
	"InsecureSkipTLSVerify": {Treatment: Honored},
	"LocalIPs":              {Treatment: Honored},
	"MaxRedirects":          {Treatment: Honored},
	"NoConnectionReuse":     {Treatment: Honored},
	"NoVUConnectionReuse":   {Treatment: Honored},
	"RPS":                   {Treatment: Honored},
	"TLSAuth":               {Treatment: Honored},
	"TLSCipherSuites":       {Treatment: Honored},
	"TLSVersion":            {Treatment: Honored},
	"UserAgent":             {Treatment: Honored},

	"RunTags":           {Treatment: Honored},
	"SystemTags":        {Treatment: Honored},
	"SummaryTimeUnit":   {Treatment: Irrelevant},
	"SummaryTrendStats": {Treatment: Irrelevant},
	"Thresholds":        {Treatment: Irrelevant},

	// If one of the next four options is set, k6 replaces the scenarios.
	"Duration":   {Treatment: Refused, instead: "set runTime in locust.options"},
	"Iterations": {Treatment: Refused, instead: "set runTime in locust.options"},
	"Stages":     {Treatment: Refused, instead: "set a shape in locust.options"},
	"VUs":        {Treatment: Refused, instead: "set users in locust.options"},
	"Scenarios":  {Treatment: Irrelevant},

	"ExecutionSegment": {
		Treatment: Refused, instead: "segments do not split users; to use several machines, run k6 x locust --master and --worker",
		isAllowed: func(options lib.Options) bool { return isWhole(options.ExecutionSegment) },
	},
	"ExecutionSegmentSequence": {
		Treatment: Refused, instead: "segments do not split users; to use several machines, run k6 x locust --master and --worker",
		isAllowed: func(options lib.Options) bool { return len(*options.ExecutionSegmentSequence) <= 1 },
	},
	"MinIterationDuration": {Treatment: Refused, instead: "set waitTime = locust.constantPacing(seconds) in the user class"},
	"NoCookiesReset": {
		Treatment: Refused, instead: "users keep their cookies; to remove them, call client.cookies.clear()",
		isAllowed: func(options lib.Options) bool { return options.NoCookiesReset.Bool },
	},
	"Throw": {
		Treatment: Refused, instead: "requests of users do not throw; use response.error or catchResponse",
		isAllowed: func(options lib.Options) bool { return !options.Throw.Bool },
	},

	// Only http.batch of k6/http uses these.
	"Batch":        {Treatment: Irrelevant},
	"BatchPerHost": {Treatment: Irrelevant},

	"Cloud":                   {Treatment: Irrelevant},
	"ConsoleOutput":           {Treatment: Irrelevant},
	"External":                {Treatment: Irrelevant},
	"Features":                {Treatment: Irrelevant},
	"MetricSamplesBufferSize": {Treatment: Irrelevant},
	"NoSetup":                 {Treatment: Irrelevant},
	"NoTeardown":              {Treatment: Irrelevant},
	"Paused":                  {Treatment: Irrelevant},
	"SetupTimeout":            {Treatment: Irrelevant},
	"TeardownTimeout":         {Treatment: Irrelevant},
}

// OptionOf looks up a k6 option by its name in scripts. It returns the treatment of the option and, if the option is
// refused, what to use instead. It returns false if k6 has no such option.
func OptionOf(name string) (treatment Treatment, instead string, isKnown bool) {
	options := reflect.TypeFor[lib.Options]()
	for i := range options.NumField() {
		field := options.Field(i)
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag == name {
			found := rules[field.Name]
			return found.Treatment, found.instead, true
		}
	}
	return "", "", false
}

func isWhole(segment *lib.ExecutionSegment) bool {
	whole, err := lib.NewExecutionSegmentFromString("0:1")
	return err == nil && segment.Equal(whole)
}

var errRefused = errors.New("users of k6/x/locust do not support k6's option")

// Check returns an error for the first option that is set but cannot be applied.
func Check(options lib.Options) error {
	value := reflect.ValueOf(options)
	for i := range value.NumField() {
		field := value.Type().Field(i)
		rule, ok := rules[field.Name]
		if ok && (rule.Treatment != Refused || !isSet(value.Field(i)) || rule.isAllowed != nil && rule.isAllowed(options)) {
			continue
		}
		if !ok && !isSet(value.Field(i)) {
			continue
		}
		name := field.Tag.Get("json")
		if !ok {
			return fmt.Errorf("%w %s of this k6 version", errRefused, name)
		}
		return fmt.Errorf("%w %s: %s", errRefused, name, rule.instead)
	}
	return nil
}

// isSet reports whether an option has a value.
func isSet(value reflect.Value) bool {
	if value.Kind() == reflect.Struct {
		if valid := value.FieldByName("Valid"); valid.IsValid() {
			return valid.Bool()
		}
	}
	return !value.IsZero()
}
