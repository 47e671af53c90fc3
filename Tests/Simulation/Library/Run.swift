import Machine

/// One life of a cluster, from a seed: ten minutes in which anything may fail, then calm, in which all must come right.
public struct Run: Sendable {
    public struct Outcome: Sendable {
        public let seed: UInt64
        public let trace: UInt64
        public let counts: [Kind: Int]
        public let violation: Violation?
        /// Seconds of calm until all had come right.
        public let settled: Double?
        /// What befell the cluster, in words.
        public let faults: [String]
        public let agents: Int
    }

    /// Nanoseconds in which anything may fail.
    public static let storm = 600 * Int64.second
    /// Within so much of calm, in nanoseconds, all must come right.
    public static let calm = 900 * Int64.second

    public let seed: UInt64
    public var plant: Plant?
    /// Only these of the seed's faults happen, by their place; nil: all.
    public var kept: [Int]?
    public var onLine: (@Sendable (String) -> Void)?

    public init(seed: UInt64, plant: Plant? = nil) { (self.seed, self.plant) = (seed, plant) }

    public func play() -> Outcome {
        let scene = Scene(seed: seed, plant: plant, onLine: onLine)
        let world = scene.world
        let all = Fault.plan(agents: scene.agents.count, length: Self.storm, world)
        let faults = kept.map { kept in kept.filter(all.indices.contains).map { all[$0] } } ?? all
        for fault in faults { world.after(fault.time) { scene.befall(fault.action) } }
        scene.begin()
        world.run(until: Self.storm)
        scene.calmDown()
        var settled: Double?
        var time = Self.storm
        while world.violation == nil, time < Self.storm + Self.calm {
            time += 1 * .second
            world.run(until: time)
            if let onLine, (time - Self.storm) % (30 * .second) == 0 {
                for trouble in scene.troubles { onLine("\(world.clock) not yet: \(trouble)") }
            }
            if scene.isSettled {
                settled = Double((time - Self.storm) / .second)
                break
            }
        }
        if world.violation == nil, settled == nil { for trouble in scene.troubles { world.fail("converged", trouble) } }
        return Outcome(
            seed: seed, trace: world.trace, counts: world.counts, violation: world.violation, settled: settled, faults: faults.map(\.text),
            agents: scene.agents.count)
    }

    /// Leaves out faults as long as the same promise is broken without them.
    public func shortened(_ first: Outcome) -> (run: Run, outcome: Outcome) {
        var best = (run: self, outcome: first)
        var kept = Array(0..<first.faults.count)
        var size = kept.count / 2
        while size >= 1 {
            var start = 0
            while start < kept.count {
                var run = self
                run.kept = Array(kept[..<start] + kept[min(kept.count, start + size)...])
                let outcome = run.play()
                if outcome.violation?.checker == first.violation?.checker {
                    kept = run.kept ?? []
                    best = (run, outcome)
                } else {
                    start += size
                }
            }
            size /= 2
        }
        return best
    }
}
