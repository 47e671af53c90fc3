import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// Services, batch and a framework on pymesos on one cluster, all of which always want more than there is: what each of them has comes to be what
/// dominant resource fairness gives it. CPUs are what is scarce.
@Suite(.serialized)
struct FairShareTests {
    private static let names = ["marathon", "chronos", "greedy"]
    private static let slots = 24.0
    /// CPUs, and about how many seconds it runs.
    private static let task = (cpus: 0.1, seconds: 3.0)

    struct Case: Sendable, CustomStringConvertible {
        let description: String
        /// Of services, batch and the foreign framework, in this order.
        let roles: [String]
        let weights: [Double]
    }

    @Test(arguments: [
        Case(description: "three frameworks of one role", roles: ["*", "*", "*"], weights: [1, 1, 1]),
        Case(description: "three roles of the same weight", roles: ["web", "night", "other"], weights: [1, 1, 1]),
        Case(description: "three roles, weighed 1 to 2 to 3", roles: ["web", "night", "other"], weights: [1, 2, 3])
    ])
    func `who always wants more gets what is fair, within one task's size`(_ sharing: Case) async throws {
        try await Cluster.empty { cluster in
            let weights = zip(sharing.roles, sharing.weights).filter { $0.0 != "*" }.map { "\($0)=\($1)" }.joined(separator: ",")
            try cluster.startMaster(flags: weights.isEmpty ? [] : ["--weights", weights])
            try cluster.startAgent(0, resources: "cpus:\(Self.slots * Self.task.cpus);mem:8192;disk:10000;ports:[31000-31999]")
            try cluster.startServices(flags: ["--mesos_role", sharing.roles[0]])
            try cluster.startBatch(flags: ["--mesos_role", sharing.roles[1]])
            try await cluster.waitUntilReady(agents: 1, services: true, batch: true)
            try Clients.start(
                "greedy.py", as: "client", on: cluster, ["\(cluster.ip):5050", sharing.roles[2], "\(Self.task.cpus)", "\(Self.task.seconds)"])
            try await Self.demandMore(of: cluster)
            let total = sharing.weights.reduce(0, +)
            let fair = sharing.weights.map { $0 / total * Self.slots }
            var seen: [Double] = []
            do {
                try await eventually("each has its share", within: 90) {
                    seen = try await Self.tasks(cluster)
                    return zip(seen, fair).allSatisfy { abs($0 - $1) <= 1 }
                }
                // And it stays so, while all of it ends and begins again.
                seen = try await Self.tasks(cluster)
            } catch {
                throw TestFailure("\(error): seen \(seen), fair \(fair)")
            }
            print("shares: \(sharing): \(seen) tasks, fair are \(fair)")
            #expect(zip(seen, fair).allSatisfy { abs($0 - $1) <= 2 }, "\(seen), fair are \(fair)")
        }
    }

    /// Far more than there is, and all of it ends after a while, so that it can go to somebody else.
    private static func demandMore(of cluster: Cluster) async throws {
        // Not all at the same time: from half to one and a half of the usual length.
        let command = #"exec sleep $(awk -v p=$$ 'BEGIN { srand(p); print \#(task.seconds) * (0.5 + rand()) }')"#
        try await cluster.createApp(
            #"{"id":"/web","cmd":"\#(command)","instances":200,"cpus":\#(task.cpus),"mem":16,"portDefinitions":[],"backoffSeconds":0}"#)
        for number in 0..<20 {
            let answer = try await cluster.call(
                .POST, "\(cluster.batch)/v1/scheduler/iso8601",
                #"{"name":"night-\#(number)","command":"\#(command)","schedule":"R//PT1S","concurrencyPolicy":"ALLOW","catchUp":"ALL","#
                    + #""cpus":\#(task.cpus),"mem":16,"disk":1}"#)
            guard answer.status == .noContent else { throw TestFailure("\(answer.status.code) \(answer.text)") }
        }
    }

    /// How many tasks' CPUs each framework holds, by the master's books, on average over five seconds.
    private static func tasks(_ cluster: Cluster) async throws -> [Double] {
        var sums = [0.0, 0.0, 0.0]
        let samples = 50
        for _ in 0..<samples {
            let frameworks = try await cluster.get("\(cluster.master)/state")["frameworks"]?.array ?? []
            for (index, name) in names.enumerated() {
                guard let framework = frameworks.first(where: { $0["name"]?.string == name }) else { throw TestFailure("\(name) is not there") }
                // What is being offered is allocated, too.
                sums[index] += framework["resources"]?["cpus"]?.double ?? 0
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return sums.map { $0 / Double(samples) / task.cpus }
    }
}
