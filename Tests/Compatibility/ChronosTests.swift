import Harness
import Testing

/// chronos-python 1.2.1, as PyPI has it, with both versions of the API that it speaks.
@Suite(.serialized)
struct ChronosTests {
    private static let zero =
        "{'histogram': {'75thPercentile': 0.0, '95thPercentile': 0.0, '98thPercentile': 0.0, '99thPercentile': 0.0, 'median': 0.0, 'mean': 0.0, 'count': 0}, 'taskStatHistory': []}"

    /// Names with blanks were fine in Chronos 2.
    @Test(arguments: [("v1", "name refused"), ("none", "name taken: None")])
    func `jobs are added, found, run, counted, changed, refused and deleted`(version: String, blank: String) async throws {
        try await Cluster.run(services: false, batch: true) { cluster in
            try Clients.start("jobs.py", as: "client", on: cluster, ["\(cluster.ip):4400", version])
            let client = try cluster.process("client")
            #expect(try await client.end(within: 60) == 0, "\(client.output)")
            let percentiles = ["75th", "95th", "98th", "99th", "mean", "median"].map { "\($0) [{'jobNameLabel': 'a', 'time': 0.0}]" }
            let expected =
                [
                    "added: None", "listed: a echo one o@example.org R0/2014-01-01T00:00:00.000Z/PT60M 0.1 0", "found: ['a'] ['a'] []",
                    "fresh: \(Self.zero)"
                ] + percentiles + [
                    #"graph: 'node,a,fresh,idle\n'"#, "metrics: 3.0.0 ['counters', 'gauges', 'histograms', 'meters', 'timers']", "child: None",
                    #"graph: 'node,a,fresh,idle\nnode,b,fresh,idle\nlink,a,b\n'"#, "run: None",
                    #"graph: 'node,a,success,idle\nnode,b,success,idle\nlink,a,b\n'"#, "runs: ['Success'] 1", "killed: None", "updated: None",
                    "listed: [('a', 'echo two', 1), ('b', 'echo one', 1)]", blank, "parent refused", "schedule refused", "unknown refused", "left: []"
                ]
            #expect(client.output.split(separator: "\n").map(String.init) == expected)
        }
    }
}
