//go:build !linux

package loop

import (
	"errors"
	"time"
)

// Loop exists only on Linux. On other systems, New fails, so nothing calls the methods.
type Loop struct{}

// New returns [errors.ErrUnsupported].
func New() (*Loop, error) { return nil, errors.ErrUnsupported }

func (*Loop) Close()                              {}
func (*Loop) At(time.Time, func() error)          {}
func (*Loop) Wake()                               {}
func (*Loop) WakeOnSockets()                      {}
func (*Loop) Wait(time.Duration, *[]func() error) {}
func (*Loop) Block()                              {}
func (*Loop) Arm()                                {}
