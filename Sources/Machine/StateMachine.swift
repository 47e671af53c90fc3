/// The shape of all four cores: inputs are facts in the past, effects are orders, and nothing else goes in or out.
///
/// `handle` neither waits nor reads a clock nor draws a random number; the same inputs at the same moments give the same effects in
/// the same order, in each process. Iterating a `Dictionary` or a `Set` where the order reaches an effect breaks that.
package protocol StateMachine: Sendable {
    associatedtype Input: Sendable & Recordable
    associatedtype Effect: Sendable & Order

    /// The input by which the shell says that the time of the latest `wake` has come. An early or doubled one is harmless.
    static var wake: Input { get }

    /// Takes one input and says what is to be done, in order. A `store` among the effects is a barrier: the shell commits it before
    /// anything behind it leaves the process.
    mutating func handle(_ input: Input, at moment: Moment) -> [Effect]

    /// A digest over all state that decides; equal states of two processes have equal digests. Slow: for replay and simulation.
    var digest: UInt64 { get }

    /// Stops the process, with a message, if the state contradicts itself. Called after each step of a simulation.
    func checkInvariants()
}

/// What the shell itself must understand of a core's effects; all others it hands to the process's own `perform`.
package protocol Order {
    /// The changes of durable state that a `store` orders; nil for any other effect.
    var changes: [Change]? { get }
    /// When a `wake` wants to be woken, on the monotonic clock; nil for any other effect. The latest order counts.
    var wakeTime: Int64? { get }
}

/// Where an input comes from: who is asked for at each authorization, and which stream an answer belongs to.
package struct Origin: Hashable, Sendable {
    /// The authenticated principal; nil where the listener demands no authentication.
    package var principal: String?
    /// `ip:port` of the peer, or what stands for it ("timer", "cli").
    package var peer: String

    package init(principal: String? = nil, peer: String = "") {
        self.principal = principal
        self.peer = peer
    }
}
