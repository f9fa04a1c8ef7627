package engine

import (
	"context"
	"sync"
)

// Closer is an object that all runtimes share. The engine closes it at the end of the run.
type Closer interface{ Close() }

type contextKey struct{}

// WithEngine returns a context from which runtimes can get the engine.
func WithEngine(ctx context.Context, e *Engine) context.Context {
	return context.WithValue(ctx, contextKey{}, e)
}

// From returns the engine of a context, or nil.
func From(ctx context.Context) *Engine {
	e, _ := ctx.Value(contextKey{}).(*Engine)
	return e
}

// shared contains the objects that all runtimes share, by name.
type shared struct {
	mutex   sync.Mutex
	objects map[string]Closer
}

// get returns the object with the given name. The first call creates it.
func (s *shared) get(name string, create func() Closer) Closer {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	object, ok := s.objects[name]
	if !ok {
		object = create()
		if s.objects == nil {
			s.objects = map[string]Closer{}
		}
		s.objects[name] = object
	}
	return object
}

func (s *shared) close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, object := range s.objects {
		object.Close()
	}
	s.objects = nil
}
