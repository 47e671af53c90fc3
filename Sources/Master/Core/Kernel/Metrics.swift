package import MesosAPI

/// What the kernel counts while it decides. The names under which it is shown are the server's business.
package struct Metrics: Hashable, Sendable {
    package var subscribes: UInt64 = 0
    package var resubscribes: UInt64 = 0
    package var accepts: UInt64 = 0
    package var declines: UInt64 = 0
    package var revives: UInt64 = 0
    package var suppresses: UInt64 = 0
    package var kills: UInt64 = 0
    package var acknowledgements: UInt64 = 0
    package var reconciliations: UInt64 = 0
    package var requests: UInt64 = 0
    package var launches: UInt64 = 0
    package var frameworkMessages: UInt64 = 0
    package var executorMessages: UInt64 = 0
    /// Those of the above that went nowhere, and those that were too large.
    package var invalidFrameworkMessages: UInt64 = 0
    package var invalidExecutorMessages: UInt64 = 0
    package var droppedMessages: UInt64 = 0
    package var invalidAcknowledgements: UInt64 = 0
    package var operationReconciliations: UInt64 = 0
    package var operationAcknowledgements: UInt64 = 0
    package var executorExits: UInt64 = 0
    package var agentChanges: UInt64 = 0
    package var agentGoodbyes: UInt64 = 0
    package var teardowns: UInt64 = 0
    package var operationUpdates: UInt64 = 0
    package var validUpdates: UInt64 = 0
    package var invalidUpdates: UInt64 = 0
    package var agentRegistrations: UInt64 = 0
    package var agentReregistrations: UInt64 = 0
    package var agentRemovals: UInt64 = 0
    /// Of the removals: another agent has registered at the same address.
    package var agentReplacements: UInt64 = 0
    /// Of those that are unreachable: the store knew them, and they never came back to this master.
    package var recoveryRemovals: UInt64 = 0
    package var agentsUnreachable: UInt64 = 0
    /// Agents that have been away for too long; and those of them that came back before it was their turn to be given up.
    package var removalsScheduled: UInt64 = 0
    package var removalsCanceled: UInt64 = 0
    package var allocationRuns: UInt64 = 0
    /// By the number of the state: of states that end a task how many ever, of others how many now.
    private var states: [Int64] = Array(repeating: 0, count: 16)
    /// How many ended why: `state source reason`.
    package private(set) var ends: [End: UInt64] = [:]

    package struct End: Hashable, Sendable {
        package let state: TaskState
        package let source: Mesos_V1_TaskStatus.Source
        package let reason: StatusReason
    }

    package init() {}

    package func tasks(_ state: TaskState) -> Int64 { states[state.rawValue] }

    /// A task was entered in this state.
    mutating func entered(_ state: TaskState) { states[state.rawValue] += 1 }

    /// A task ended without having been entered.
    mutating func ended(_ state: TaskState) { states[state.rawValue] += 1 }

    mutating func moved(from old: TaskState, to new: TaskState) {
        if !old.isTerminal { states[old.rawValue] -= 1 }
        if old != new || !new.isTerminal { states[new.rawValue] += 1 }
    }

    /// A task is no longer shown among those that run.
    mutating func left(_ state: TaskState) {
        if !state.isTerminal { states[state.rawValue] -= 1 }
    }

    mutating func count(_ update: StatusReport) {
        guard update.state.isTerminal, let reason = update.reason, ends.count < 1000 else { return }
        ends[End(state: update.state, source: update.source ?? .agent, reason: reason), default: 0] += 1
    }
}
