package dispatch

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Spread assigns the users of a Dispatcher to workers in turn, like Locust's `UsersDispatcher` with several nodes. When
// workers come or go, it assigns all users again. Unlike Locust, it never changes the class of a user, even after a
// ramp-down or a change of the classes. If there are no workers, the users are not assigned.
type Spread struct {
	// workers contains the ids of the workers, in the order in which they get users.
	workers []string
	// next is the index of the worker that gets the next user.
	next int
	// users contains the running users in the order of their start.
	users []assigned
	// classes contains the classes of all steps so far.
	classes []string
	// counts is the number of users per worker and class. It contains all classes, because a worker does not stop the
	// users of a class that the master's message does not mention.
	counts map[string]map[string]int
	// isStale is true if workers came or went since the users were assigned. The users are assigned again only when the
	// assignment is needed, because many workers may come or go at once.
	isStale bool
}

type assigned struct{ worker, class string }

// Apply assigns the new users of a step, and removes the stopped ones.
func (s *Spread) Apply(step Step) {
	s.reassign()
	if len(s.classes) < len(step.Counts) {
		s.classes = slices.Sorted(maps.Keys(step.Counts))
		for _, counts := range s.counts {
			for _, class := range s.classes {
				counts[class] += 0
			}
		}
	}
	for _, class := range step.Started {
		s.assign(class)
	}
	for range step.Stopped {
		last := s.users[len(s.users)-1]
		s.users = s.users[:len(s.users)-1]
		if counts := s.counts[last.worker]; counts != nil {
			counts[last.class]--
		}
	}
}

func (s *Spread) assign(class string) {
	worker := ""
	if len(s.workers) > 0 {
		worker = s.workers[s.next%len(s.workers)]
		s.next = (s.next + 1) % len(s.workers)
		s.counts[worker][class]++
	}
	s.users = append(s.users, assigned{worker, class})
}

// Add adds a worker. As in Locust, workers on different hosts alternate.
func (s *Spread) Add(id string) { s.workers, s.isStale = alternateHosts(append(s.workers, id)), true }

// Remove removes a worker. As in Locust, the other workers keep their order.
func (s *Spread) Remove(id string) {
	s.workers, s.isStale = slices.DeleteFunc(s.workers, func(worker string) bool { return worker == id }), true
}

// reassign assigns all users again if workers came or went.
func (s *Spread) reassign() {
	if !s.isStale {
		return
	}
	s.isStale, s.next, s.counts = false, 0, make(map[string]map[string]int, len(s.workers))
	for _, id := range s.workers {
		s.counts[id] = make(map[string]int, len(s.classes))
		for _, class := range s.classes {
			s.counts[id][class] = 0
		}
	}
	users := s.users
	s.users = make([]assigned, 0, cap(users))
	for _, user := range users {
		s.assign(user.class)
	}
}

// Counts returns the number of users per class that a worker should run. The caller must not change the map.
func (s *Spread) Counts(worker string) map[string]int {
	s.reassign()
	return s.counts[worker]
}

// Sum returns the number of users that a worker should run.
func (s *Spread) Sum(worker string) int {
	sum := 0
	for _, count := range s.Counts(worker) {
		sum += count
	}
	return sum
}

// Len returns the number of users.
func (s *Spread) Len() int { return len(s.users) }

// alternateHosts sorts the ids of workers so that the hosts take turns. The part of an id before the first "_" is its
// host.
func alternateHosts(ids []string) []string {
	type ranked struct {
		id   string
		rank int
	}
	workers := make([]ranked, len(ids))
	perHost := map[string]int{}
	for i, id := range slices.Sorted(slices.Values(ids)) {
		host, _, _ := strings.Cut(id, "_")
		workers[i] = ranked{id, perHost[host]}
		perHost[host]++
	}
	slices.SortFunc(workers, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.id, b.id)) })
	sorted := make([]string, len(workers))
	for i, worker := range workers {
		sorted[i] = worker.id
	}
	return sorted
}
