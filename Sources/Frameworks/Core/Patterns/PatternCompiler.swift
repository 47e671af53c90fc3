/// Writes the program of a `Pattern`. Counted repetitions are written out, so a short pattern can become a long program: there is a limit.
struct PatternCompiler {
    private(set) var program: [Pattern.Instruction] = []
    private var steps = 0

    private static let maxInstructions = 1000
    /// Repetitions of nothing take time and no instructions.
    private static let maxSteps = 20_000

    /// - Returns: whether the program stays within its limits.
    mutating func compile(_ node: PatternNode) -> Bool {
        steps += 1
        guard program.count < Self.maxInstructions, steps < Self.maxSteps else { return false }
        switch node {
        case .set(let set): program.append(.consume(set))
        case .assertion(let assertion): program.append(.assert(assertion))
        case .sequence(let nodes):
            for node in nodes where !compile(node) { return false }
        case .choice(let nodes): return compileChoice(nodes)
        case .repetition(let node, let least, let most): return compileRepetition(of: node, least, most)
        }
        return true
    }

    private mutating func compileChoice(_ nodes: [PatternNode]) -> Bool {
        var exits: [Int] = []
        for (index, node) in nodes.enumerated() {
            let isLast = index == nodes.count - 1
            let fork = program.count
            if !isLast { program.append(.fork(fork + 1, 0)) }
            guard compile(node) else { return false }
            if !isLast {
                exits.append(program.count)
                program.append(.jump(0))
                program[fork] = .fork(fork + 1, program.count)
            }
        }
        for exit in exits { program[exit] = .jump(program.count) }
        return true
    }

    private mutating func compileRepetition(of node: PatternNode, _ least: Int, _ most: Int?) -> Bool {
        for _ in 0..<least where !compile(node) { return false }
        guard let most else {
            let fork = program.count
            program.append(.fork(fork + 1, 0))
            guard compile(node) else { return false }
            program.append(.jump(fork))
            program[fork] = .fork(fork + 1, program.count)
            return true
        }
        var forks: [Int] = []
        for _ in least..<most {
            forks.append(program.count)
            program.append(.fork(program.count + 1, 0))
            guard compile(node) else { return false }
        }
        for fork in forks { program[fork] = .fork(fork + 1, program.count) }
        return true
    }
}
