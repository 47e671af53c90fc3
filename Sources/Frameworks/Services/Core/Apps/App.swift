import DequeModule
package import FrameworkCore
package import Machine

/// An app with all that belongs to it: its versions, its instances, what waits to be launched.
package struct App: Sendable {
    /// How many of the app's instances are what; kept up to date with each change of an instance.
    package struct Tally: Hashable, Sendable {
        /// Instances that count towards the number wanted.
        var counted = 0
        /// Of those, the ones that wait for an offer.
        package var waiting = 0
        /// Instances that the present deployment waits for.
        var awaited = 0
    }

    package let id: PathID
    /// nil: the app has been deleted, and its last instances are being stopped.
    package internal(set) var definition: Definition?
    /// Oldest first; the last one is the present definition.
    package internal(set) var versions: [Definition] = []
    /// In the order in which they were made.
    package internal(set) var instances: [Handle<Instance>] = []
    /// The deployment that works on the app: others have to wait or to be forced.
    package internal(set) var lock: String?
    package internal(set) var lastFailure: TaskFailure?
    package internal(set) var tally = Tally()
    package internal(set) var backoff = Backoff()
    package internal(set) var funnel = OfferFunnel()
    /// Instances that wait for an offer, first come, first served. May hold some that no longer do.
    var waiting = Deque<Handle<Instance>>()
    /// When the present attempt to launch began.
    package internal(set) var waitingSince: Timestamp?
    var isTouched = false
    /// The role for which offers are wanted because of this app.
    var wantedRole: String?
    /// Of the constraints of the present definition.
    var matchers: [ConstraintMatcher] = []

    init(id: PathID) { self.id = id }

    package var deploymentIDs: [String] { lock.map { [$0] } ?? [] }
}

/// How a task ended that should not have.
package struct TaskFailure: Hashable, Sendable {
    package var app: PathID
    package var taskID: String
    package var state: String
    package var message: String
    package var host: String
    package var agentID: String?
    package var version: Timestamp
    package var timestamp: Timestamp
}
