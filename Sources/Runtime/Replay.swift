package import Machine

/// A recording fed to a fresh core.
package struct Replay<Core: StateMachine> {
    package struct Step {
        /// From 1.
        package let number: Int
        package let moment: Moment
        package let input: Core.Input
        package let effects: [Core.Effect]
    }

    /// The replayed core is in another state than the recorded one was: it is not pure, or not the one that was recorded.
    package struct Difference: Error, CustomStringConvertible {
        /// Inputs until then.
        package let count: Int

        package var description: String { "after input \(count) the state differs from the recorded one" }
    }

    package private(set) var core: Core
    package private(set) var inputCount = 0
    /// Digests that were compared, and were equal.
    package private(set) var markCount = 0

    /// - Parameters:
    ///   - core: as it was before its first input.
    ///   - end: nanoseconds since 1970; later inputs are left out.
    ///   - onStep: sees each input with what came of it.
    /// - Throws: `Difference` at the first digest that differs.
    package init(
        _ recording: Recording<Core.Input>, core: Core, until end: Int64 = .max, onStep: (Step) throws -> Void = { _ in }
    ) throws {
        self.core = core
        var marks = recording.marks[...]
        try compare(&marks)
        for (moment, input) in recording.entries {
            if moment.wall > end { return }
            let effects = self.core.handle(input, at: moment)
            inputCount += 1
            try onStep(Step(number: inputCount, moment: moment, input: input, effects: effects))
            try compare(&marks)
        }
    }

    private mutating func compare(_ marks: inout ArraySlice<(count: Int, digest: UInt64)>) throws(Difference) {
        while let mark = marks.first, mark.count == inputCount {
            marks.removeFirst()
            guard core.digest == mark.digest else { throw Difference(count: inputCount) }
            markCount += 1
        }
    }
}
