import Foundation
import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// Whoever doesn't read what it asked for costs little memory, and nobody else any time (docs/nodes.md, "Who is slow").
/// `AGORA_STOPPED_SECONDS` says how long readers are stopped, `AGORA_STRICT_TIMES` lets times fail (`make soak`).
struct SlowReaderTests {
    private static let variables = ProcessInfo.processInfo.environment
    private static let seconds = variables["AGORA_STOPPED_SECONDS"].flatMap { Double($0) } ?? 15

    @Test func `a framework and both kinds of event streams that are stopped under load cost little memory, and others no time`() async throws {
        try await Cluster.run { cluster in
            let framework = try await CurlFramework.subscribe(to: cluster, name: "stopped", wantsOffers: false)
            let other = try await CurlFramework.subscribe(to: cluster, name: "other", wantsOffers: false)
            try listen(cluster)
            try await cluster.createApp(
                #"{"id":"/load","cmd":"exec sleep 1000","instances":10,"cpus":0.01,"mem":16,"portDefinitions":[],"backoffSeconds":0}"#)
            try await cluster.waitForRunning("/load", 10)
            // The same load before and after: only that the readers are stopped makes the difference.
            async let flood: Void = flood(framework, seconds: 2 * Self.seconds)
            async let churn: Void = churn(cluster, seconds: 2 * Self.seconds)
            let before = try await latencies(cluster, other, seconds: Self.seconds)
            let servers = ["master", "services"]
            let start = try servers.map { try Proc.memory(of: cluster.process($0).pid).now }

            for name in ["stopped", "operator", "listener"] { try cluster.process(name).signal(SIGSTOP) }
            let during = try await latencies(cluster, other, seconds: Self.seconds)
            _ = try await (flood, churn)

            for (name, start) in zip(servers, start) {
                let memory = try Proc.memory(of: cluster.process(name).pid)
                print("\(name): \(start / 1_024) MB before, \(memory.peak / 1_024) MB at most")
                #expect(memory.peak - start < 50 * 1_024, "\(name) grew")
            }
            print("p99 of a framework's call under load: \(before) ms while all read, \(during) ms with stopped readers")
            if Self.variables["AGORA_STRICT_TIMES"] != nil { #expect(during <= 2 * before) }
            let state = try await cluster.get("\(cluster.master)/frameworks")["frameworks"]?.array ?? []
            #expect(!state.contains { $0["name"]?.string == "stopped" && $0["connected"]?.bool == true }, "the framework was cut off")
            #expect(state.contains { $0["name"]?.string == "other" && $0["connected"]?.bool == true })
        }
    }

    /// An operator's and a Marathon client's event streams.
    private func listen(_ cluster: Cluster) throws {
        try cluster.start(
            "operator", program: "/usr/bin/curl",
            [
                "-sN", "\(cluster.master)/api/v1", "-H", "Content-Type: application/json", "-H", "Accept: application/json", "-o",
                "\(cluster.folder)/operator.events", "-d", #"{"type":"SUBSCRIBE"}"#
            ])
        try cluster.start(
            "listener", program: "/usr/bin/curl",
            ["-sN", "\(cluster.services)/v2/events", "-H", "Accept: text/event-stream", "-o", "\(cluster.folder)/listener.events"])
    }

    /// Asks for far more updates than anybody lets pile up, each time for a thousand, until the framework is cut off.
    private func flood(_ framework: CurlFramework, seconds: Double) async throws {
        let tasks = (0..<1_000).map { #"{"task_id":{"value":"unknown-\#($0)"}}"# }.joined(separator: ",")
        try await eventually("the framework is cut off", within: seconds + 60) {
            let answer = try await framework.call(#""type":"RECONCILE","reconcile":{"tasks":[\#(tasks)]}"#)
            return answer.status != .accepted
        }
    }

    /// Makes events: instances come and go.
    private func churn(_ cluster: Cluster, seconds: Double) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        var isMany = false
        while ContinuousClock.now < end {
            isMany.toggle()
            _ = try await cluster.call(.PUT, "\(cluster.services)/v2/apps/load?force=true", #"{"instances":\#(isMany ? 40 : 10)}"#)
            try await cluster.waitForNoDeployments(within: 60)
        }
    }

    /// - Returns: the 99th percentile of the times of a framework's calls, in milliseconds.
    private func latencies(_ cluster: Cluster, _ framework: CurlFramework, seconds: Double) async throws -> Double {
        let end = ContinuousClock.now + .seconds(seconds)
        var times: [Double] = []
        while ContinuousClock.now < end {
            let start = ContinuousClock.now
            let answer = try await framework.call(#""type":"RECONCILE","reconcile":{"tasks":[{"task_id":{"value":"unknown"}}]}"#)
            times.append((ContinuousClock.now - start) / .milliseconds(1))
            #expect(answer.status == .accepted)
            try await Task.sleep(for: .milliseconds(20))
        }
        return times.sorted()[times.count * 99 / 100]
    }
}
