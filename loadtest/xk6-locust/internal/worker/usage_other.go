//go:build !unix

package worker

import "time"

// CPUTime returns 0, because it is unknown on this system.
func CPUTime() time.Duration { return 0 }
