package module

import (
	"testing"
	"time"
)

// A pause is shortened by the delay of the answer before it, unless the pause is short. It is shortened only once.
func TestDelayedAnswers(t *testing.T) {
	t.Parallel()
	for _, pause := range []time.Duration{0, shortPause - 1, shortPause} {
		u := &user{isAnswered: true, delay: time.Millisecond}
		want := time.Duration(0)
		if pause == shortPause {
			want = time.Millisecond
		}
		v := &userRuntime{}
		if got := v.proceed(u, pause); got != want {
			t.Errorf("a pause of %v is shortened by %v", pause, got)
		}
		if got := v.proceed(u, shortPause); got != 0 {
			t.Errorf("the pause after a pause of %v is shortened by %v", pause, got)
		}
	}
}
