package engine

import (
	"context"
	"sync"
)

// Closer is what runtimes share.
type Closer interface{ Close() }

type contextKey struct{}

// WithEngine gives the context an engine, for the runtimes that find themselves in it.
func WithEngine(ctx context.Context, e *Engine) context.Context {
	return context.WithValue(ctx, contextKey{}, e)
}

// From is the engine of a context; nil where there is none.
func From(ctx context.Context) *Engine {
	e, _ := ctx.Value(contextKey{}).(*Engine)
	return e
}

// shared are things that all runtimes share.
type shared struct {
	mutex  sync.Mutex
	things map[string]Closer
}

// get returns the thing of a name, and creates it first if nobody has asked for it before.
func (s *shared) get(name string, create func() Closer) Closer {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	thing, ok := s.things[name]
	if !ok {
		thing = create()
		if s.things == nil {
			s.things = map[string]Closer{}
		}
		s.things[name] = thing
	}
	return thing
}

func (s *shared) close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, thing := range s.things {
		thing.Close()
	}
	s.things = nil
}
