package loop

import (
	"container/heap"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// maxEvents limits the events of one wait.
	maxEvents = 128
	// socketWakePeriod is the time after WakeOnSockets during which Wait returns at once if a socket is ready.
	socketWakePeriod = time.Second
)

// Loop waits for sockets and timers. Only one goroutine may use it, except for Post, Wake, Block, and Forget.
//
// A ready socket ends a wait only in the first second after the creation of the loop or a call to WakeOnSockets. After
// that, sockets are handled when a timer is due, when Wake or Post is called, or when the wait reaches its limit. This
// saves CPU time, and usually does not change response times, because the kernel records when data arrives.
type Loop struct {
	// epoll contains the alarm, the waker, and the sockets. timerEpoll contains only the alarm and the waker.
	epoll, timerEpoll, alarm, waker int
	timers                          timers
	// armed is the time for which the alarm is set, or zero.
	armed time.Time
	// socketWakeAt is the time of the last call to WakeOnSockets, or of the creation of the loop.
	socketWakeAt time.Time
	// isParked is true from Arm until the next Wait.
	isParked bool
	events   [maxEvents]unix.EpollEvent

	mutex sync.Mutex
	// sockets contains the handlers of the watched sockets, by handle. Handles are never reused.
	sockets map[Handle]func(hasEnded bool)
	last    Handle
	posted  []func() error
	closed  bool
}

// Handle identifies a watched socket. 0 is not a socket.
type Handle int32

// Handles of the loop's own descriptors.
const (
	alarmHandle Handle = -1 - iota
	wakerHandle
)

var errClosed = errors.New("the loop is closed")

// open counts the loops that are open. spare is the number of Go's processors minus the number of open loops.
var (
	openMutex sync.Mutex
	open      int
	spare     atomic.Int32
)

func count(added int) {
	openMutex.Lock()
	defer openMutex.Unlock()
	open += added
	spare.Store(int32(runtime.GOMAXPROCS(0) - open))
}

// New returns a loop. Call Close when it is no longer used.
func New() (*Loop, error) {
	l := &Loop{epoll: -1, timerEpoll: -1, alarm: -1, waker: -1, sockets: map[Handle]func(bool){}, socketWakeAt: time.Now()}
	count(1)
	err := l.open()
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("event loop: %w", err)
	}
	return l, nil
}

func (l *Loop) open() (err error) {
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if l.timerEpoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if l.alarm, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return err
	}
	if l.waker, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return err
	}
	for _, epoll := range []int{l.epoll, l.timerEpoll} {
		if err = add(epoll, l.alarm, alarmHandle); err != nil {
			return err
		}
		if err = add(epoll, l.waker, wakerHandle); err != nil {
			return err
		}
	}
	return nil
}

func add(epoll, descriptor int, handle Handle) error {
	const readable = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET
	return unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, descriptor, &unix.EpollEvent{Events: readable, Fd: int32(handle)})
}

// Close closes the loop. No goroutine may be in Wait or Block.
func (l *Loop) Close() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.closed {
		return
	}
	count(-1)
	l.closed, l.isParked = true, false
	clear(l.sockets)
	l.posted = nil
	for _, descriptor := range []int{l.epoll, l.timerEpoll, l.alarm, l.waker} {
		if descriptor >= 0 {
			_ = unix.Close(descriptor)
		}
	}
}

// At makes Wait return a function when the given time comes, or soon if this time has passed.
func (l *Loop) At(at time.Time, do func() error) {
	heap.Push(&l.timers, timer{at, do})
	if l.isParked {
		l.setAlarm(time.Now())
	}
}

// Post makes Wait return a function soon. Any goroutine may call it. A closed loop ignores it.
func (l *Loop) Post(do func() error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if !l.closed {
		l.posted = append(l.posted, do)
		l.wake()
	}
}

// Watch makes Wait call ready whenever new data arrives at a socket, or the peer ends the connection. hasEnded is true
// if the connection has ended. The socket must not block. Call Forget before the descriptor is closed.
func (l *Loop) Watch(descriptor int, ready func(hasEnded bool)) (Handle, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.closed {
		return 0, errClosed
	}
	l.last++
	if err := add(l.epoll, descriptor, l.last); err != nil {
		return 0, fmt.Errorf("watch: %w", err)
	}
	l.sockets[l.last] = ready
	return l.last, nil
}

// Forget ends Watch. Any goroutine may call it.
func (l *Loop) Forget(descriptor int, handle Handle) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.sockets[handle] == nil {
		return
	}
	delete(l.sockets, handle)
	_ = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_DEL, descriptor, nil)
}

// Wake makes Wait and Block return. Any goroutine may call it.
func (l *Loop) Wake() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if !l.closed {
		l.wake()
	}
}

// wake is like Wake. The caller holds the mutex.
func (l *Loop) wake() { _, _ = unix.Write(l.waker, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// WakeOnSockets makes Wait return at once if a socket is ready. Call it if data must be handled as soon as it arrives.
func (l *Loop) WakeOnSockets() { l.socketWakeAt = time.Now() }

// Wait waits until a timer is due, Wake is called, or (after WakeOnSockets) a socket is ready, but not longer than the
// limit. It calls the handlers of the ready sockets. It appends the posted functions to the list, and then the
// functions of the timers that are due.
func (l *Loop) Wait(limit time.Duration, list *[]func() error) {
	l.isParked = false
	now := time.Now()
	switch {
	case len(l.timers) == 0:
	case !l.timers[0].at.After(now):
		limit = 0
	default:
		l.setAlarm(now)
	}
	if now.Sub(l.socketWakeAt) > socketWakePeriod {
		l.waitForTimers(now.Add(limit))
		limit = 0
	}
	l.dispatch(l.wait(l.epoll, limit), list)
	if len(l.timers) > 0 {
		now = time.Now()
		for len(l.timers) > 0 && !l.timers[0].at.After(now) {
			*list = append(*list, heap.Pop(&l.timers).(timer).do) //nolint:forcetypeassert // the heap contains only timers
		}
	}
}

// waitForTimers waits until a timer is due or Wake is called, but not longer than until the end.
func (l *Loop) waitForTimers(end time.Time) {
	for limit := time.Until(end); limit > 0; limit = time.Until(end) {
		events := l.wait(l.timerEpoll, limit)
		// Wait may have already returned the function of the timer for which the alarm was set.
		isStale := len(events) == 1 && Handle(events[0].Fd) == alarmHandle &&
			(len(l.timers) == 0 || l.timers[0].at.After(time.Now()))
		if !isStale {
			return
		}
	}
}

// wait waits for events, but not longer than the limit.
func (l *Loop) wait(epoll int, limit time.Duration) []unix.EpollEvent {
	for end := time.Now().Add(limit); ; limit = time.Until(end) {
		n, err := l.poll(epoll, max(0, int(limit/time.Millisecond)))
		if err == nil || limit <= 0 || !errors.Is(err, unix.EINTR) {
			return l.events[:max(0, n)]
		}
	}
}

// poll calls epoll_wait with a timeout in milliseconds. If there are spare processors, a raw system call hides from Go
// that it can block, so the thread keeps its processor. Otherwise, Go would check several thousand times per second
// whether to take the processor away. A signal from Go interrupts the call if this goroutine must stop.
func (l *Loop) poll(epoll, timeout int) (int, error) {
	if timeout > 0 && spare.Load() <= 0 {
		return unix.EpollWait(epoll, l.events[:], timeout)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(&l.events)), //nolint:gosec // as in unix.EpollWait
		maxEvents, uintptr(timeout), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// ended is the set of events that epoll reports when the peer has ended a connection.
const ended = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR

// dispatch calls the handlers of the ready sockets, and appends the posted functions to the list.
func (l *Loop) dispatch(events []unix.EpollEvent, list *[]func() error) {
	for i := range events {
		handle := Handle(events[i].Fd)
		l.mutex.Lock()
		ready := l.sockets[handle]
		if handle == wakerHandle {
			*list = append(*list, l.posted...)
			l.posted = nil
		}
		l.mutex.Unlock()
		if ready != nil {
			ready(events[i].Events&ended != 0)
		}
	}
}

// setAlarm sets the alarm for the earliest timer. The timeout of epoll_wait would only be precise to a millisecond.
func (l *Loop) setAlarm(now time.Time) {
	at := l.timers[0].at
	if l.armed.Equal(at) && at.After(now) {
		return
	}
	l.armed = at
	var setting unix.ItimerSpec
	setting.Value = unix.NsecToTimespec(max(1, int64(at.Sub(now))))
	_ = unix.TimerfdSettime(l.alarm, 0, &setting, nil)
}

// Block waits until a timer is due, a socket is ready, or Wake is called. It calls no handlers. Any goroutine may call
// it, but only after Arm.
func (l *Loop) Block() {
	descriptors := []unix.PollFd{{Fd: int32(l.epoll), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(descriptors, -1); !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// Arm makes Block return when a timer is due. This includes timers that are set before the next Wait.
func (l *Loop) Arm() {
	l.isParked = true
	if len(l.timers) > 0 {
		l.setAlarm(time.Now())
	}
}
