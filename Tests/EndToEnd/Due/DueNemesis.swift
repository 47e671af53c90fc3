import Foundation
import Glibc
import Harness
import Machine

/// Kills servers at random moments, and starts them again a moment later, as whatever supervises them would.
struct DueNemesis {
    private static let servers = ["batch", "master", "agent-0", "agent-1"]

    let cluster: Cluster
    var random: SplitMix
    /// Milliseconds between two strikes, at least and at most.
    let pause: ClosedRange<Int>
    private(set) var kills: [String: Int] = [:]
    private(set) var agentDeaths: [ClosedRange<Int64>] = []

    init(_ cluster: Cluster, pause: ClosedRange<Int>, random: SplitMix) {
        (self.cluster, self.pause, self.random) = (cluster, pause, random)
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    mutating func rage(until end: Int64) async throws {
        while Self.now < end {
            // The moment is what varies; nothing is waited for.
            try await Task.sleep(for: .milliseconds(draw(pause)))
            try await strike()
        }
    }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int { range.lowerBound + random.below(range.count) }

    private mutating func strike() async throws {
        var victims = [Self.servers[random.below(Self.servers.count)]]
        if random.below(4) == 0 { victims.append(Self.servers[random.below(Self.servers.count)]) }
        if random.below(8) == 0 { victims = Self.servers }
        let start = Self.now
        var dead: [String] = []
        for name in victims where !dead.contains(name) {
            let process = try cluster.process(name)
            if let status = process.poll() { throw TestFailure("\(name) had ended by itself, with \(status)") }
            process.signal(SIGKILL)
            kills[name, default: 0] += 1
            dead.append(name)
        }
        for name in dead { _ = try await cluster.process(name).end(within: 10) }
        try await Task.sleep(for: .milliseconds(draw(50...1_500)))
        for name in dead { try revive(name) }
        // Until the new one has looked at what is there, its tasks may be dying.
        if dead.contains(where: { $0.hasPrefix("agent") }) { agentDeaths.append(start - 1_000...Self.now + 5_000) }
    }

    private func revive(_ name: String) throws {
        switch name {
        case "batch": try cluster.startBatch()
        case "master": try cluster.startMaster()
        case "agent-0": try cluster.startAgent(0, of: 2)
        default: try cluster.startAgent(1, of: 2)
        }
    }
}
