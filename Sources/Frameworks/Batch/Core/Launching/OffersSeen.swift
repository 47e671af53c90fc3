import FrameworkCore

/// The newest offer of each agent, as it was left after all that waited had been tried on it: what explanations read.
struct OffersSeen: Sendable {
    struct Entry: Sendable {
        let agent: Agent
        /// What was left of the offer.
        let room: Demand
        let isInMaintenance: Bool
        /// When it came, on the monotonic clock.
        let at: Int64
    }

    private(set) var entries: [Entry] = []
    /// By the agent's id; never iterated.
    private var places: [String: Int] = [:]
    /// Agents come and go; with so many, all is forgotten that was seen.
    private static let most = 10_000

    mutating func note(_ entry: Entry) {
        if let place = places[entry.agent.id] {
            entries[place] = entry
            return
        }
        if entries.count == Self.most {
            entries = []
            places = [:]
        }
        places[entry.agent.id] = entries.count
        entries.append(entry)
    }
}
