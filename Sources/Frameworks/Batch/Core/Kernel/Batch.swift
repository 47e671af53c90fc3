import DequeModule
import FrameworkCore
package import Machine
import MesosAPI
import Schedules

/// Runs jobs when they are due: takes what clients want, makes a run of each due time, matches runs with the master's offers, follows their tasks to
/// the end, and triggers what depends on them.
///
/// It doesn't know HTTP, sockets, clocks, disks or files of time zones: it is told facts and gives orders. A run is stored before anything is
/// launched
/// for it, and its tasks are named after it, so no due time ever has two runs, whatever ends in between. Due times are times of the wall clock;
/// whatever
/// is to be waited for otherwise is measured on the monotonic one.
package struct Batch: StateMachine {
    package static let wake = Input.woken
    /// Where the state is kept: the shell reads all of them at its start.
    package static let tables = ["framework", "jobs", "parts", "progress", "runs", "events", "notices"]

    package internal(set) var configuration = Configuration()
    package internal(set) var hasStarted = false
    package internal(set) var jobs = Table<Job>()
    /// Never iterated.
    var jobHandles: [String: Handle<Job>] = [:]
    /// As they were created.
    package internal(set) var jobOrder: [Handle<Job>] = []
    package internal(set) var runs = Table<Run>()
    /// By job and due time; never iterated.
    var runHandles: [Run.Key: Handle<Run>] = [:]
    /// The parts of runs whose tasks may be somewhere, by the task's id; never iterated.
    var taskPlaces: [String: Place] = [:]
    /// Runs of jobs that are gone, whose tasks are being killed.
    var abandoned: [Handle<Run>] = []
    package internal(set) var queue = RunQueue()
    package internal(set) var link = MasterLink()
    package internal(set) var counters = Counters()
    /// Entries of the store that can't be used; they are left where they are.
    package internal(set) var quarantine: [Quarantined] = []
    /// By name; never iterated.
    var zones: [String: Zone] = [:]
    /// What becomes due at times of the wall clock, in milliseconds.
    var dues = Timers<Due>()
    /// On the monotonic clock, in nanoseconds.
    var timers = Timers<Timer>()
    var agents = AgentLoads()
    var offersSeen = OffersSeen()
    var openOffers = OpenOffers()
    /// Tasks of jobs that can't be read, by their ids: nothing is decided about them, and nothing acknowledged, until a process can read them. Never
    /// iterated.
    var heldTasks: Set<String> = []
    /// A timer for forgetting old runs is set.
    var isSweeping = false
    /// What is still to be done, in order, since it would have been too much for one transaction.
    var work: Deque<Work> = []
    var eventIDs = EventIDs()
    /// What people are to be told, in the order in which it happened.
    var notices: [Pending] = []
    /// The next job's place in the order.
    var nextOrdinal: UInt64 = 1
    /// The time of the input that is being handled.
    var now = Moment(monotonic: 0, wall: 0)
    var output = Output()

    package init() {}

    enum Due: Hashable, Sendable {
        case job(Handle<Job>)
        /// The latest moment for a beginning.
        case run(Handle<Run>)
        /// A retry.
        case part(Place)
    }

    enum Timer: Hashable, Sendable {
        /// A kill that hasn't been confirmed is sent again.
        case kill(Place)
        /// Something must have been heard of a launch by now.
        case launch(Place)
        /// A task can't be reached for too long.
        case unreachable(Place)
        case reconciliation
        /// The answers to a reconciliation have been waited for long enough.
        case patience
        /// Old runs are forgotten.
        case sweep
        /// A notice is tried again.
        case notice(UInt64)
    }

    enum Work: Hashable, Sendable {
        /// A job's parents may be done.
        case consider(Handle<Job>)
        /// These are to end.
        case end([Handle<Run>], Run.Outcome, String, question: UInt64?)
        /// Offers are left that may be of use.
        case match
    }

    /// The wall clock in milliseconds since 1970, in which due times are counted.
    var wall: Int64 { timestamp.milliseconds }
    var timestamp: Timestamp { Timestamp(wall: now.wall) }

    package mutating func handle(_ input: Input, at moment: Moment) -> [Effect] {
        now = moment
        if case .started(let started) = input {
            start(started)
        } else if hasStarted {
            take(input)
        } else if case .asked(let number, _, _) = input {
            output.effects.append(.answer(number, .refused(.starting)))
        }
        settle()
        return release()
    }

    private mutating func take(_ input: Input) {
        switch input {
        case .started: break
        case .woken: output.wakeTime = nil
        case .asked(let number, _, let request): answer(number, request)
        case .told(.subscribed(let frameworkID, let master, _)): subscribed(frameworkID: frameworkID, master: master)
        case .told(.disconnected): disconnected()
        case .told(.removed): removed()
        case .told(.offered(let offers)): use(offers)
        case .told(.updated(let status)): updated(status)
        case .told(.messaged): break
        case .notified(let id, let failure): notified(id, failure: failure)
        }
    }

    private mutating func settle() {
        guard hasStarted else { return }
        while let timer = timers.takeDue(at: now.monotonic) {
            switch timer {
            case .kill(let place): killIsDue(place)
            case .launch(let place): launchIsDue(place)
            case .unreachable(let place): unreachableIsDue(place)
            case .reconciliation: reconcilePeriodically()
            case .patience: patienceEnded()
            case .sweep: sweep()
            case .notice(let id): noticeIsDue(id)
            }
        }
        // What one transaction doesn't hold is left for the next one, which follows at once.
        while !output.isFull {
            if let next = work.popFirst() {
                carryOn(next)
            } else if let due = dues.takeDue(at: wall) {
                switch due {
                case .job(let handle): jobIsDue(handle)
                case .run(let handle): runIsDue(handle)
                case .part(let place): partIsDue(place)
                }
            } else {
                break
            }
        }
        adviseMaster()
    }

    private mutating func carryOn(_ next: Work) {
        switch next {
        case .consider(let job): makeReadyRun(job)
        case .end(let runs, let outcome, let message, let question): endAll(runs, as: outcome, message, answering: question)
        case .match: matchOn()
        }
    }
}

/// Numbers for the metrics endpoint; they begin at zero with the process.
package struct Counters: Hashable, Sendable {
    package internal(set) var offersReceived = 0
    package internal(set) var offersDeclined = 0
    package internal(set) var launched = 0
    package internal(set) var runsCreated = 0
    package internal(set) var runsSkipped = 0
    package internal(set) var runsSucceeded = 0
    package internal(set) var runsFailed = 0
    package internal(set) var noticesDelivered = 0
    /// Tries that failed.
    package internal(set) var noticesFailed = 0
    package internal(set) var noticesGivenUp = 0
}

/// What the core knows of its master.
package struct MasterLink: Hashable, Sendable {
    package internal(set) var frameworkID: String?
    package internal(set) var isSubscribed = false
    /// `host:port` of the master.
    package internal(set) var master: String?
    /// The tasks of which the master hasn't said yet what became of them since the last subscription; nothing is launched until then. Never iterated.
    var unknown: Set<String> = []
    /// On the monotonic clock: then whatever is still unknown isn't waited for any longer.
    var patienceEnds: Int64 = 0
    /// Whether the master has been told that no offers are wanted.
    var isSuppressed = true
    /// Something became launchable since the master was last asked for offers.
    var isReviving = false
    /// When all tasks are asked after again, on the monotonic clock.
    var reconcileAt: Int64 = 0
    /// Nanoseconds until the reconciliation after the next one.
    var reconcilePause: Int64 = .second
}

/// An entry of the store that this program can't read, or a job that it can't run.
package struct Quarantined: Hashable, Sendable {
    package var table: String
    package var key: String
    package var reason: String
}
