import Machine

extension Services {
    /// What services want to come back to.
    enum Timer: Hashable, Sendable {
        /// The back-off of an app ends.
        case backoff(PathID)
        /// A kill that hasn't been confirmed is sent again.
        case kill(Handle<Instance>)
        /// A launch must have been confirmed by now.
        case launch(Handle<Instance>)
        /// An unreachable instance is replaced or forgotten.
        case unreachable(Handle<Instance>)
        case probe(Handle<Instance>, check: Int)
        case readiness(Handle<Instance>)
        case reconciliation
        /// Back-offs that nothing has used for long are forgotten.
        case cleaning
    }
}
