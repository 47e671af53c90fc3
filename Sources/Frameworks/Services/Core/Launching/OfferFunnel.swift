package import FrameworkCore
import Resources

/// What has become of the offers that an app saw while it waited: counted while deciding, read by the launch queue and by `explain`.
package struct OfferFunnel: Hashable, Sendable {
    /// What an agent's newest offer lacked.
    package struct Refused: Hashable, Sendable {
        package var agent: Agent
        package var offer: OfferSummary
        package var refusals: [OfferRefusal]
        package var at: Timestamp

        /// The stages that failed, in order.
        package var stages: [OfferStage] { OfferStage.allCases.filter { stage in refusals.contains { $0.stage == stage } } }
    }

    package struct Row: Hashable, Sendable {
        package var stage: OfferStage
        package var declined: Int
        package var processed: Int
    }

    package internal(set) var processed = 0
    package internal(set) var unused = 0
    package internal(set) var lastUnusedAt: Timestamp?
    package internal(set) var lastUsedAt: Timestamp?
    /// The newest refusal of each agent, by the agent's id; in the order of the ids.
    package internal(set) var lastRefused: [Refused] = []
    /// How many offers failed at each stage since the attempt began.
    private var declinedAt = [Int](repeating: 0, count: OfferStage.allCases.count)

    /// More agents than these are not remembered one by one.
    private static let limit = 10_000

    package init() {}

    mutating func used(agent: Agent, at now: Timestamp) {
        processed += 1
        lastUsedAt = now
        forget(agent.id)
    }

    mutating func refused(by agent: Agent, _ offer: OfferSummary, _ refusals: [OfferRefusal], at now: Timestamp) {
        processed += 1
        unused += 1
        lastUnusedAt = now
        if let stage = refusals.map(\.stage).min() { declinedAt[stage.rawValue] += 1 }
        let entry = Refused(agent: agent, offer: offer, refusals: refusals, at: now)
        let position = place(of: agent.id)
        if position < lastRefused.count, lastRefused[position].agent.id == agent.id {
            lastRefused[position] = entry
        } else if lastRefused.count < Self.limit {
            lastRefused.insert(entry, at: position)
        }
    }

    mutating func forget(_ agent: String) {
        let position = place(of: agent)
        if position < lastRefused.count, lastRefused[position].agent.id == agent { lastRefused.remove(at: position) }
    }

    private func place(of agent: String) -> Int {
        var low = 0
        var high = lastRefused.count
        while low < high {
            let middle = (low + high) / 2
            if lastRefused[middle].agent.id < agent { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Each stage with how many offers came to it and how many failed there: of all offers since the attempt began.
    package var attemptRows: [Row] { rows(processed: processed, declined: declinedAt) }

    /// The same of the newest offer of each agent.
    package var lastOfferRows: [Row] {
        var declined = [Int](repeating: 0, count: OfferStage.allCases.count)
        for entry in lastRefused {
            if let stage = entry.refusals.map(\.stage).min() { declined[stage.rawValue] += 1 }
        }
        return rows(processed: lastRefused.count, declined: declined)
    }

    private func rows(processed: Int, declined: [Int]) -> [Row] {
        var rest = processed
        return OfferStage.allCases.map { stage in
            defer { rest -= declined[stage.rawValue] }
            return Row(stage: stage, declined: declined[stage.rawValue], processed: rest)
        }
    }
}

/// What is remembered of an offer that was not used.
package struct OfferSummary: Hashable, Sendable {
    package enum Amount: Hashable, Sendable {
        case scalar(Double)
        case ranges([ClosedRange<UInt64>])
        case set([String])
    }

    package struct Resource: Hashable, Sendable {
        package var name: String
        package var role: String
        package var amount: Amount
    }

    package var id: String
    package var resources: [Resource]
}
