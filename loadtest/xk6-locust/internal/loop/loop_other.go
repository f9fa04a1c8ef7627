//go:build !linux

package loop

import (
	"errors"
	"time"
)

// Loop exists only on Linux.
type Loop struct{}

// New returns an error.
func New() (*Loop, error) { return nil, errors.ErrUnsupported }

// Close is not available.
func (*Loop) Close() {}

// At is not available.
func (*Loop) At(time.Time, func() error) {}

// Wake is not available.
func (*Loop) Wake() {}

// Wait is not available.
func (*Loop) Wait(time.Duration, *[]func() error) {}

// Block is not available.
func (*Loop) Block() {}

// Arm is not available.
func (*Loop) Arm() {}
