package engine

import (
	"context"
	"sync"
)

// Closer is what hosts share.
type Closer interface{ Close() }

type contextKey struct{}

// WithEngine gives the context an engine, for the hosts that find themselves in it.
func WithEngine(ctx context.Context, e *Engine) context.Context {
	return context.WithValue(ctx, contextKey{}, e)
}

// From is the engine of a context; nil where there is none.
func From(ctx context.Context) *Engine {
	e, _ := ctx.Value(contextKey{}).(*Engine)
	return e
}

// shared are things that all hosts share.
type shared struct {
	mutex  sync.Mutex
	things map[string]Closer
}

// Shared is the thing of a name that all hosts share, created by the first that asks for it, and closed at the end of the run.
func (e *Engine) Shared(name string, create func() Closer) Closer {
	e.shared.mutex.Lock()
	defer e.shared.mutex.Unlock()
	thing, ok := e.shared.things[name]
	if !ok {
		thing = create()
		if e.shared.things == nil {
			e.shared.things = map[string]Closer{}
		}
		e.shared.things[name] = thing
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
