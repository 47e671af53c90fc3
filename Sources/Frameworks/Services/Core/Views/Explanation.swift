import FrameworkCore
import Machine
import Resources

/// Why an app doesn't run as it should, and what would help: read from the reasons that were counted while deciding.
package struct Explanation: Hashable, Sendable {
    /// One reason, and the agent that comes nearest to having none.
    package struct Cause: Hashable, Sendable {
        package var stage: OfferStage
        /// How many agents refuse for this reason, out of how many.
        package var agents: Int
        package var closest: String
        /// What is missing there.
        package var text: String
        /// The least change that would help.
        package var fix: String
    }

    package var app: PathID
    package var wanted: Int
    package var running: Int
    package var waiting: Int
    /// Agents whose newest offer was looked at.
    package var agentsSeen: Int
    package var causes: [Cause]
    /// One line each, the most important first.
    package var lines: [String]
}

extension Services {
    /// - Parameter now: nanoseconds of the monotonic clock.
    /// - Returns: nil if there is no such app.
    package func explain(_ id: PathID, at now: Int64) -> Explanation? {
        guard let app = app(id), let definition = app.definition?.app else { return nil }
        let all = instances(of: app)
        let running = all.count { $0.isCounted && $0.condition == .running }
        let causes = app.tally.waiting > 0 ? Self.causes(app.funnel, definition) : []
        var lines = [summary(definition, all, running: running)]
        if app.tally.waiting > 0 { lines += whyWaiting(app, definition, causes, now) }
        lines += whyNotHealthy(all, definition)
        if let lock = app.lock, let deployment = deployment(lock) {
            lines.append("deployment \(lock) is at step \(deployment.step + 1) of \(deployment.plan.steps.count)")
        }
        if running < definition.instances, let failure = app.lastFailure {
            lines.append("the last failure was \(failure.state) on \(failure.host) at \(failure.timestamp): \(failure.message)")
        }
        return Explanation(
            app: id, wanted: definition.instances, running: running, waiting: app.tally.waiting, agentsSeen: app.funnel.lastRefused.count,
            causes: causes, lines: lines)
    }

    private func summary(_ app: AppDefinition, _ all: [Instance], running: Int) -> String {
        let others = all.filter { $0.isCounted && $0.condition != .running }
        var counts: [(Condition, Int)] = []
        for condition in Condition.allCases {
            let count = others.count { $0.condition == condition }
            if count > 0 { counts.append((condition, count)) }
        }
        let rest = counts.map { "\($0.1) \($0.0.name)" }.joined(separator: ", ")
        return "\(app.id): \(running) of \(app.instances) running" + (rest.isEmpty ? "" : ", \(rest)")
    }

    private func whyWaiting(_ app: App, _ definition: AppDefinition, _ causes: [Explanation.Cause], _ now: Int64) -> [String] {
        if !link.isSubscribed { return ["there is no connection to a master, so no offers come"] }
        if let deadline = app.backoff.deadline(after: now) {
            let seconds = (deadline - now + .second - 1) / .second
            return [
                "tasks of this configuration failed: the next launch is in \(seconds) s (backoffSeconds, backoffFactor); "
                    + "DELETE /v2/queue/\(definition.id)/delay launches at once"
            ]
        }
        if app.funnel.lastRefused.isEmpty {
            return ["no offer has come since \(app.waitingSince?.description ?? "then"): all agents are full, gone, or held by other roles"]
        }
        return causes.map { cause in
            "\(cause.stage.name): \(cause.agents) of \(app.funnel.lastRefused.count) agents; closest is \(cause.closest): "
                + "\(cause.text): \(cause.fix)"
        }
    }

    private func whyNotHealthy(_ all: [Instance], _ app: AppDefinition) -> [String] {
        let failing = all.filter { $0.condition == .running && $0.isHealthy == false }
        guard let first = failing.first else { return [] }
        let cause = first.checks.compactMap { $0?.isAlive == false ? $0?.lastFailureCause : nil }.first ?? "unknown"
        return [
            "\(failing.count) of \(all.count { $0.condition == .running }) running instances fail their health check; "
                + "\(first.id) on \(first.agent?.host ?? "?"): \(cause)"
        ]
    }

    // MARK: Causes

    private static func causes(_ funnel: OfferFunnel, _ app: AppDefinition) -> [Explanation.Cause] {
        var causes: [Explanation.Cause] = []
        for stage in OfferStage.allCases {
            let refused = funnel.lastRefused.compactMap { entry -> (agent: Agent, refusal: OfferRefusal, others: Int)? in
                guard let refusal = entry.refusals.first(where: { $0.stage == stage }) else { return nil }
                return (entry.agent, refusal, entry.refusals.count)
            }
            // The agent with the fewest other obstacles, and the smallest one of this kind.
            guard let closest = refused.min(by: { ($0.others, $0.refusal.distance) < ($1.others, $1.refusal.distance) }) else { continue }
            let explained = closest.refusal.explained(on: closest.agent.host, app)
            causes.append(
                .init(stage: stage, agents: refused.count, closest: closest.agent.host, text: explained.text, fix: explained.fix))
        }
        return causes.sorted { $0.agents > $1.agents }
    }
}

extension OfferRefusal {
    /// How far from fitting, to compare refusals of one stage.
    fileprivate var distance: Int64 {
        switch self {
        case .insufficient(_, let wanted, let offered): (wanted - offered).thousandths
        case .tooFewPorts(let wanted, let offered): Int64(wanted - offered)
        default: 0
        }
    }

    /// What is missing, and the least that would help.
    fileprivate func explained(on host: String, _ app: AppDefinition) -> (text: String, fix: String) {
        switch self {
        case .role(let offered, let wanted):
            return ("the offer is for role \(offered), the app has role \(wanted)", "give the app role \(offered), or free resources of \(wanted)")
        case .constraint(let refusal):
            return (refusal.description, "relax the constraint, or add an agent that satisfies it")
        case .remoteRegion(let region):
            return ("the agent is in region \(region)", "add a constraint on @region or @zone to the app")
        case .maintenance:
            return ("the agent is about to be maintained", "wait for the end of the maintenance")
        case .insufficient(let stage, let wanted, let offered):
            let name = stage.resource
            return (
                "needs \(name) \(wanted), most free is \(offered)",
                offered > .zero ? "lower \(name) to \(offered), or free \(wanted - offered) on \(host)" : "free \(wanted) on \(host)"
            )
        case .portTaken(let port):
            return ("port \(port) is not offered", "use another port, or hostPort 0 for any, or free \(port) on \(host)")
        case .tooFewPorts(let wanted, let offered):
            return ("needs \(wanted) ports, \(offered) are free", "ask for fewer ports, or widen the agent's ports")
        case .scarceGPUs:
            return ("the agent's GPUs are kept for tasks that need some", "set GPU_SCHEDULING_BEHAVIOR to unrestricted")
        }
    }
}

extension OfferStage {
    fileprivate var resource: String {
        switch self {
        case .memory: "mem"
        case .disk: "disk"
        case .gpus: "gpus"
        default: "cpus"
        }
    }
}
