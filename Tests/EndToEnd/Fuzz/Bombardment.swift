import Foundation
import Harness
import Machine

/// Mutants of valid requests, sent to one server over some connections at a time.
struct Bombardment: Sendable {
    struct Tally: Sendable {
        var sent = 0
        var parsed = 0
        var statuses: [Int: Int] = [:]
        /// What no server should do, with the request; some of it.
        var faults: [String] = []

        mutating func add(_ other: Tally) {
            sent += other.sent
            parsed += other.parsed
            statuses.merge(other.statuses, uniquingKeysWith: +)
            faults = Array((faults + other.faults).prefix(10))
        }

        var summary: String {
            "\(sent) requests, \(parsed) of them parse, answers \(statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })"
        }
    }

    let ip: String
    let port: UInt16
    let seeds: [Seed]
    let values: [String: String]
    let headers: [(String, String)]

    /// Sends so many; each connection has a thread of its own (see OwnThread).
    func run(_ count: Int, connections: Int = 4, seed: UInt64) async -> Tally {
        await withTaskGroup(of: Tally.self) { group in
            for index in 0..<connections {
                group.addTask { work(count / connections, Mutator(random: SplitMix(seed: seed &+ UInt64(index)), values: values)) }
            }
            var tally = Tally()
            for await part in group { tally.add(part) }
            return tally
        }
    }

    private func work(_ count: Int, _ mutator: Mutator) -> Tally {
        var mutator = mutator, tally = Tally()
        var client: BlockingClient?
        for _ in 0..<count {
            let mutant = mutator.mutant(of: seeds[mutator.below(seeds.count)])
            tally.sent += 1
            if mutant.parses { tally.parsed += 1 }
            do {
                let status: Int
                do {
                    status = try exchange(mutant, &client)
                } catch {
                    // A server may end a connection between two requests; a new one must have its answer.
                    client = nil
                    status = try exchange(mutant, &client)
                }
                tally.statuses[status, default: 0] += 1
                if status == 500 || status == 502 { throw TestFailure("answered by \(status)") }
            } catch {
                client = nil
                let body = String(decoding: mutant.body.prefix(2_000), as: UTF8.self)
                if tally.faults.count < 10 { tally.faults.append("\(mutant.method) \(mutant.path.prefix(300)) \(mutant.headers) \(body): \(error)") }
                if tally.faults.count == 10 { break }
            }
        }
        return tally
    }

    private func exchange(_ mutant: Mutant, _ client: inout BlockingClient?) throws -> Int {
        let connection = try client ?? BlockingClient(ip: ip, port: port)
        client = connection
        try connection.send(mutant.method, mutant.path, headers: headers + mutant.headers, body: mutant.body)
        let head = try connection.head()
        // Calls are answered by a body of known length, or by a stream.
        if head.isEndless || mutant.method == "POST" && head.headers["content-length"] == nil || head.headers["connection"]?.lowercased() == "close" {
            client = nil
        } else if head.status != 204, head.status != 304 {
            _ = try connection.body(of: head)
        }
        return head.status
    }
}
