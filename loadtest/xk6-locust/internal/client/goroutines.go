package client

import "sync"

// goroutines is a pool of reusable goroutines. Reusing them saves time, because their stacks have already grown. The
// pool picks the goroutine that became idle last, so that surplus goroutines stay idle and can be stopped.
type goroutines struct {
	mu    sync.Mutex
	limit int
	// idle lists the idle goroutines, in the order in which they became idle.
	idle    []*goroutine
	running int
	queue   []func()
	closed  bool
	tick    int64
	done    sync.WaitGroup
}

type goroutine struct {
	jobs      chan func()
	idleSince int64
}

// run runs a job on a goroutine. If the limit is reached, the job waits. run returns false if the pool is closed.
func (p *goroutines) run(job func()) bool {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	if last := len(p.idle) - 1; last >= 0 {
		g := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		p.mu.Unlock()
		g.jobs <- job
		return true
	}
	defer p.mu.Unlock()
	if p.running >= p.limit {
		p.queue = append(p.queue, job)
		return true
	}
	p.running++
	g := &goroutine{jobs: make(chan func(), 1)}
	g.jobs <- job
	p.done.Go(func() { p.work(g) })
	return true
}

// adjustLimit adds a number, which may be negative, to the limit. A higher limit does not start jobs that already wait.
func (p *goroutines) adjustLimit(by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit += by
}

func (p *goroutines) work(g *goroutine) {
	for job := range g.jobs {
		for job != nil {
			job()
			job = p.next(g)
		}
	}
}

// next returns a queued job. If there is none, it marks the goroutine as idle, or ends it if the pool is closed, and
// returns nil.
func (p *goroutines) next(g *goroutine) func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) > 0 {
		job := p.queue[0]
		p.queue[0] = nil
		p.queue = p.queue[1:]
		return job
	}
	if p.closed {
		close(g.jobs)
		return nil
	}
	g.idleSince = p.tick
	p.idle = append(p.idle, g)
	return nil
}

// reap stops goroutines that were already idle during the previous call.
func (p *goroutines) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tick++
	old := 0
	for old < len(p.idle) && p.idle[old].idleSince < p.tick-1 {
		close(p.idle[old].jobs)
		old++
	}
	p.running -= old
	rest := copy(p.idle, p.idle[old:])
	clear(p.idle[rest:])
	p.idle = p.idle[:rest]
}

// close waits for all running and queued jobs, and stops all goroutines.
func (p *goroutines) close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		for _, g := range p.idle {
			close(g.jobs)
		}
		p.idle = nil
	}
	p.mu.Unlock()
	p.done.Wait()
}
