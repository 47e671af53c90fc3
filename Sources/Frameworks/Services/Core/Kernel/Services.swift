import FrameworkCore
package import Machine
import MesosAPI

/// Keeps long-running apps running: takes what clients want, matches it with the master's offers, follows each task to its end, and
/// rolls out changes in deployments.
///
/// It doesn't know HTTP, sockets, clocks or disks: it is told facts and gives orders. Instances are changed through `change(_:_:)` alone,
/// which keeps the counts of their apps; an app on which anything happened is touched, and looked at again before the orders leave.
package struct Services: StateMachine {
    package static let wake = Input.woken
    /// Where the state is kept: the shell reads all of them at its start.
    package static let tables = ["framework", "groups", "apps", "versions", "instances", "deployments", "failures", "history", "archive"]

    package internal(set) var configuration = Configuration()
    package internal(set) var hasStarted = false
    package internal(set) var apps = Table<App>()
    /// Never iterated.
    var appHandles: [PathID: Handle<App>] = [:]
    /// In order.
    package internal(set) var appIDs: [PathID] = []
    /// Groups that are more than a part of apps' ids. Never iterated.
    package internal(set) var groups: [PathID: Group] = [:]
    /// In order.
    package internal(set) var groupIDs: [PathID] = []
    var history = History()
    package internal(set) var instances = Table<Instance>()
    /// By the UUID; never iterated.
    var instanceHandles: [String: Handle<Instance>] = [:]
    /// In the order in which they began.
    package internal(set) var deployments: [Deployment] = []
    package internal(set) var link = MasterLink()
    package internal(set) var counters = Counters()
    /// Apps with instances that wait for an offer, the longest-waiting first; may hold some that no longer do.
    package internal(set) var queue: [PathID] = []
    var timers = Timers<Timer>()
    var random = SplitMix(seed: 0)
    /// The time of the input that is being handled.
    var now = Moment(monotonic: 0, wall: 0)
    /// No two versions are the same.
    var lastVersion = Timestamp(milliseconds: 0)
    var output = Output()
    var touched: [PathID] = []
    var rolesMayHaveChanged = false
    var servicePorts = PortUse(range: Configuration().localPorts)
    /// A timer for forgetting old back-offs is set.
    var isCleaning = false

    package init() {}

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
        case .asked(let number, let origin, let request): answer(number, origin, request)
        case .told(.subscribed(let frameworkID, let master, let region)): subscribed(frameworkID: frameworkID, master: master, region: region)
        case .told(.disconnected): disconnected()
        case .told(.removed): removed()
        case .told(.offered(let offers)): use(offers)
        case .told(.updated(let status)): updated(status)
        case .told(.messaged(let executor, let agent, let data)): emit(.frameworkMessage(executorID: executor, agentID: agent, data))
        case .probed(let task, let check, let result): probed(task, check: check, result)
        case .askedReadiness(let task, let answer): askedReadiness(task, answer)
        case .woken: break
        }
    }

    /// Looks at everything that was touched until nothing more follows from it.
    private mutating func settle() {
        guard hasStarted else { return }
        while let timer = timers.takeDue(at: now.monotonic) { wentOff(timer) }
        while !touched.isEmpty {
            let ids = touched
            touched = []
            for id in ids {
                guard let handle = appHandles[id] else { continue }
                apps[handle].isTouched = false
                reconsider(handle)
            }
        }
        adviseMaster()
    }

    private mutating func reconsider(_ handle: Handle<App>) {
        if let lock = apps[handle].lock {
            if let index = deployments.firstIndex(where: { $0.id == lock }) { advance(index) }
        } else {
            keepCount(handle)
        }
    }

    private mutating func wentOff(_ timer: Timer) {
        switch timer {
        case .backoff(let app): backoffEnded(app)
        case .kill(let handle): killIsDue(handle)
        case .launch(let handle): launchIsDue(handle)
        case .unreachable(let handle): unreachableIsDue(handle)
        case .probe(let handle, let check): probeIsDue(handle, check)
        case .readiness(let handle): readinessIsDue(handle)
        case .reconciliation: reconcilePeriodically()
        case .cleaning: forgetStaleBackoffs()
        }
    }
}

/// Numbers for the metrics endpoints; they begin at zero with the process.
package struct Counters: Hashable, Sendable {
    package internal(set) var offersReceived = 0
    package internal(set) var offersUsed = 0
    package internal(set) var offersDeclined = 0
    package internal(set) var launched = 0
    package internal(set) var revives = 0
    package internal(set) var suppresses = 0
    package internal(set) var deployments = 0
    package internal(set) var deploymentsDismissed = 0
    /// By task state.
    package internal(set) var updates: [String: Int] = [:]
}

/// What the core knows of its master.
package struct MasterLink: Hashable, Sendable {
    package internal(set) var frameworkID: String?
    package internal(set) var isSubscribed = false
    /// `host:port` of the master.
    package internal(set) var master: String?
    /// The master's own region, which all apps may use.
    var region: String?
    /// The roles that the master has been told, in order.
    var roles: [String] = []
    /// The roles for which no offers are wanted, as the master has been told.
    var suppressed: [String] = []
    /// How many apps of a role have something that can be launched. Never iterated.
    var wanted: [String: Int] = [:]
    /// Something became launchable for these roles since the master was last asked for offers.
    var reviving: [String] = []
    /// When all tasks are asked after again, on the monotonic clock.
    var reconcileAt: Int64 = 0
    /// Nanoseconds until the reconciliation after the next one.
    var reconcilePause: Int64 = .second
}
