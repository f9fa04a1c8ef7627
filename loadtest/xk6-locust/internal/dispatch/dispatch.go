// Package dispatch decides how many users of each class run at each moment of a ramp. It behaves like
// `UsersDispatcher` of Locust 2.47.0 (dispatch.py) for one node, including its quirks, so that the same test causes the
// same load.
package dispatch

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Class is a user class.
type Class struct {
	Name string
	// Weight determines the share of this class among the classes without a fixed count. A class with weight 0 gets no
	// users.
	Weight float64
	// FixedCount is the exact number of users, which start before the users of other classes. 0 means that the weight
	// decides.
	FixedCount int
}

// Step is one iteration of a ramp.
type Step struct {
	// Counts is the number of users per class from now on. It contains all classes and belongs to the caller.
	Counts map[string]int
	// Started contains the classes of the users that this step starts, in order. Stopped is the number of users that
	// this step stops, beginning with the user that started last. A step does not do both.
	Started []string
	Stopped int
	// Wait is the time from the start of this step to the next, or to the end of the ramp. It is 0 if the target number
	// of users has been reached.
	Wait time.Duration
}

// Dispatcher moves from one number of users to the next. It is not safe for concurrent use.
type Dispatcher struct {
	classes []Class // by name
	chosen  []int   // classes of new users
	counts  []int   // users of each class
	running []int   // the class of each user, in order of start

	weighted  *picker
	fixed     *picker
	fixedLeft int
	// isFixedDue is true while classes with fixed counts may have too few users: at the beginning and after each stop.
	isFixedDue bool

	target    int
	perStep   int
	wait      time.Duration
	isRamping bool
}

var (
	errNoClasses  = errors.New("there are no user classes; a test needs at least one")
	errNoName     = errors.New("a user class has no name")
	errSameName   = errors.New("two user classes have the same name")
	errWeight     = errors.New("the weight of a user class must be a number of at least 0")
	errFixedCount = errors.New("the fixed count of a user class must be an integer of at least 0")
	errAllZero    = errors.New("no user class gets users: set a weight or fixed count above 0")
	errUsers      = errors.New("users must be an integer of at least 0")
	errSpawnRate  = errors.New("the spawn rate must be a finite number above 0")
	errUnknown    = errors.New("unknown user class")
)

// New returns a dispatcher without users. It returns an error if there are no classes, if a name is empty or duplicate,
// if a weight or fixed count is negative or not finite, or if no class can get users.
func New(classes []Class) (*Dispatcher, error) {
	if len(classes) == 0 {
		return nil, errNoClasses
	}
	d := &Dispatcher{classes: slices.Clone(classes), counts: make([]int, len(classes)), isFixedDue: true}
	slices.SortFunc(d.classes, func(a, b Class) int { return strings.Compare(a.Name, b.Name) })
	canSpawn := false
	all := make([]int, len(classes))
	for i, class := range d.classes {
		switch {
		case class.Name == "":
			return nil, errNoName
		case i > 0 && class.Name == d.classes[i-1].Name:
			return nil, fmt.Errorf("%w: %s", errSameName, class.Name)
		case class.Weight < 0 || math.IsNaN(class.Weight) || math.IsInf(class.Weight, 1):
			return nil, fmt.Errorf("%w, %s has %v", errWeight, class.Name, class.Weight)
		case class.FixedCount < 0:
			return nil, fmt.Errorf("%w, %s has %d", errFixedCount, class.Name, class.FixedCount)
		}
		canSpawn = canSpawn || class.Weight > 0 || class.FixedCount > 0
		all[i] = i
	}
	if !canSpawn {
		return nil, errAllZero
	}
	d.choose(all)
	return d, nil
}

// Dispatch starts a ramp from the current users to the given number, at spawnRate users per second. It may replace an
// unfinished ramp. The first step is due immediately. New users belong to the classes in `only`. If `only` is nil, they
// belong to the classes of the previous call (initially, all classes). Users of other classes keep running. After an
// error, nothing has changed.
func (d *Dispatcher) Dispatch(users int, spawnRate float64, only []string) error {
	if users < 0 {
		return fmt.Errorf("%w, got %d", errUsers, users)
	}
	if spawnRate <= 0 || math.IsNaN(spawnRate) || math.IsInf(spawnRate, 1) {
		return fmt.Errorf("%w, got %v", errSpawnRate, spawnRate)
	}
	if only != nil {
		chosen, err := d.find(only)
		if err != nil {
			return err
		}
		// If the same classes are chosen again, new users continue the previous order of classes.
		if !slices.Equal(chosen, d.chosen) {
			d.choose(chosen)
		}
	}
	perStep := max(1, math.Floor(spawnRate))
	d.target = users
	d.perStep = int(min(perStep, math.MaxInt32))
	d.wait = seconds(perStep / spawnRate)
	d.isRamping = true
	return nil
}

// Next returns the next step, or false after the last step. Each ramp has at least one step. After the last step, the
// target number of users run, or fewer if the chosen classes cannot have more users.
func (d *Dispatcher) Next() (Step, bool) {
	if !d.isRamping {
		return Step{}, false
	}
	hasClasses, before := true, len(d.running)
	if len(d.running) < d.target {
		hasClasses = d.start(min(d.perStep, d.target-len(d.running)))
	} else {
		d.stop(min(d.perStep, len(d.running)-d.target))
	}
	d.isRamping = hasClasses && len(d.running) != d.target
	step := Step{Counts: make(map[string]int, len(d.classes))}
	for i, class := range d.classes {
		step.Counts[class.Name] = d.counts[i]
	}
	for _, class := range d.running[min(before, len(d.running)):] {
		step.Started = append(step.Started, d.classes[class].Name)
	}
	step.Stopped = max(0, before-len(d.running))
	if len(d.running) != d.target {
		step.Wait = d.wait
	}
	return step, true
}

// start adds users. It returns false if not all users could be assigned to a class.
func (d *Dispatcher) start(users int) bool {
	for range users {
		class, ok := d.nextClass()
		if !ok {
			return false
		}
		d.counts[class]++
		d.running = append(d.running, class)
	}
	return true
}

// stop removes the users that started last.
func (d *Dispatcher) stop(users int) {
	for range users {
		last := len(d.running) - 1
		d.counts[d.running[last]]--
		d.running = d.running[:last]
		d.isFixedDue = true
	}
}

// nextClass returns the class of a new user. Classes with fewer users than their fixed count come first.
func (d *Dispatcher) nextClass() (int, bool) {
	if d.fixedLeft == 0 && d.isFixedDue {
		d.isFixedDue = false
		d.fixed = &picker{}
		for _, class := range d.chosen {
			if missing := d.classes[class].FixedCount - d.counts[class]; missing > 0 {
				d.fixed.add(class, float64(missing))
				d.fixedLeft += missing
			}
		}
	}
	if d.fixedLeft > 0 {
		d.fixedLeft--
		return d.fixed.next()
	}
	return d.weighted.next()
}

// choose changes the classes of new users. It does not change isFixedDue. As in Locust, if a class with a fixed count
// is chosen later, it gets no users until a user has stopped.
func (d *Dispatcher) choose(chosen []int) {
	d.chosen = chosen
	d.fixedLeft = 0
	d.weighted = &picker{}
	for _, class := range chosen {
		if d.classes[class].FixedCount == 0 {
			d.weighted.add(class, d.classes[class].Weight)
		}
	}
}

// find returns the classes with the given names, sorted by name. As in Locust, a class that is named twice gets two
// shares.
func (d *Dispatcher) find(names []string) ([]int, error) {
	found := make([]int, len(names))
	for i, name := range names {
		at, ok := slices.BinarySearchFunc(d.classes, name, func(class Class, name string) int {
			return strings.Compare(class.Name, name)
		})
		if !ok {
			known := make([]string, len(d.classes))
			for j, class := range d.classes {
				known[j] = class.Name
			}
			return nil, fmt.Errorf("%w: %s; known: %s", errUnknown, name, strings.Join(known, ", "))
		}
		found[i] = at
	}
	slices.Sort(found)
	return found, nil
}

// seconds converts seconds to a duration, limited to the longest possible duration.
func seconds(count float64) time.Duration {
	nanoseconds := math.Round(count * float64(time.Second))
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(nanoseconds)
}

// picker selects classes in proportion to their weights. It always picks the class that most reduces the
// Kullback-Leibler divergence between the weights and the previous picks, like `_kl_generator` of Locust's dispatch.py.
type picker struct{ shares []share }

type share struct {
	class  int
	weight float64
	// weightedPicks is the weight plus the number of picks, including the next one.
	weightedPicks float64
	// divergenceChange is the change in divergence that another pick would cause. The lowest one is the best.
	divergenceChange float64
}

func (p *picker) add(class int, weight float64) {
	if weight > 0 {
		p.shares = append(p.shares, share{class: class, weight: weight, weightedPicks: weight}.next())
	}
}

// next returns the next class, or false if there are no classes. Rounding can make changes equal if weights are above
// 10^8. Among classes with equal changes, the class with the lowest value of weightedPicks comes first, and then the
// first class by name.
func (p *picker) next() (int, bool) {
	if len(p.shares) == 0 {
		return 0, false
	}
	best := 0
	for i := range p.shares {
		if p.shares[i].compare(p.shares[best]) < 0 {
			best = i
		}
	}
	p.shares[best] = p.shares[best].next()
	return p.shares[best].class, true
}

// next returns the share after another pick.
func (s share) next() share {
	s.divergenceChange = s.weight * math.Log2(s.weightedPicks/(s.weightedPicks+1))
	s.weightedPicks++
	return s
}

func (s share) compare(other share) int {
	return cmp.Or(cmp.Compare(s.divergenceChange, other.divergenceChange), cmp.Compare(s.weightedPicks, other.weightedPicks))
}
