package import Machine
internal import OrderedCollections

/// What those may see who ask an agent how it fares: a copy of its books, taken between two inputs.
package struct AgentSnapshot: Sendable {
    package let rules: Rules
    package let agentID: String?
    package let tasks: Table<AgentTask>
    package let frameworks: Table<Framework>
    package let completedFrameworks: [Framework]
    package let link: Link
    package let tally: Tally
    package let drain: Drain?
    package let sandboxCount: Int
}

extension Agent {
    package var snapshot: AgentSnapshot {
        AgentSnapshot(
            rules: rules, agentID: agentID, tasks: tasks, frameworks: frameworks, completedFrameworks: completedFrameworks, link: link,
            tally: tally, drain: drain, sandboxCount: sandboxes.count)
    }
}

extension AgentSnapshot {
    /// Where a container's files are.
    package func sandbox(framework: String, executor: String, container: String) -> String {
        ContainerPlan.sandbox(rules, agentID: agentID ?? "", framework: framework, executor: executor, container: container)
    }
}
