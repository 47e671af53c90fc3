import ArgumentParser

/// Flags of the originals, spelled as they spell them, with underscores, and as the rest of this program's are, with hyphens.
enum Spelling {
    /// - Parameter name: as in `work_dir`.
    static func mesos(_ name: String) -> NameSpecification {
        let other = String(name.map { $0 == "_" ? "-" : $0 })
        return other == name ? [.customLong(name)] : [.customLong(name), .customLong(other)]
    }
}

/// A length of time as Mesos's flags write it: `10secs`, `1.5mins`, `7days`. Specified by Mesos 1.11 docs/configuration/agent.md ("--gc_delay").
package struct TimeSpan: ExpressibleByArgument, Hashable, CustomStringConvertible {
    package let seconds: Double

    package init(seconds: Double) { self.seconds = seconds }

    private static let units: [(String, Double)] = [
        ("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("secs", 1), ("mins", 60), ("hrs", 3_600), ("days", 86_400), ("weeks", 604_800)
    ]

    package init?(argument: String) {
        for (unit, size) in Self.units where argument.hasSuffix(unit) {
            // "mins" ends like "ns": what stands before the right unit is a number.
            guard let number = Double(argument.dropLast(unit.count)), number >= 0, (number * size).isFinite else { continue }
            seconds = number * size
            return
        }
        return nil
    }

    package var description: String {
        let (unit, size) = Self.units.last { seconds >= $0.1 && (seconds / $0.1).rounded() == seconds / $0.1 } ?? ("secs", 1)
        return "\(Int(exactly: seconds / size).map(String.init) ?? "\(seconds / size)")\(unit)"
    }

    package var defaultValueDescription: String { description }
}
