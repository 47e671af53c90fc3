import Foundation
import Harness

/// 500 × `true`, isolated, through the example framework, each update acknowledged.
enum ShortTasks {
    static func measure() async throws -> [Bench.Row] {
        var rate = Samples()
        var floors = Samples()
        try Floor.build()
        defer { Floor.remove() }
        try await Cluster.run(services: false) { cluster in
            for _ in 0..<3 {
                floors.values.append(500 / (try Floor.seconds(500)))
                let seconds = try await timed {
                    try output(
                        of: ServerProcess.programs + "/agora-example", ["--master", "\(cluster.ip):5050", "--command", "true", "--count", "500"])
                }
                rate.values.append(500 / seconds)
            }
        }
        return [
            Bench.Row(
                what: "500 × true through one framework", measured: rate.text("/s", 0), floor: floors.text("/s", 0),
                ratio: Samples.ratio(floors, rate))
        ]
    }
}

/// From exec of `agora up` to the first app's task.
enum Start {
    static func measure(rounds: Int) async throws -> [Bench.Row] {
        var times = Samples()
        for round in 0..<rounds {
            let folder = NSTemporaryDirectory() + "agora-bench-\(getpid())-\(round)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let ip = "127.9.\(getpid() % 250 + 1).\(round + 1)"
            try Data(#"{"id":"/first","cmd":"touch \#(folder)/started; exec sleep 1000","cpus":0.1,"mem":32}"#.utf8)
                .write(to: URL(fileURLWithPath: folder + "/app.json"))
            let up = try ServerProcess(
                name: "up", arguments: ["up", "--ip", ip, "--work-dir", folder + "/data", "--app", folder + "/app.json"], log: folder + "/up.log")
            try await eventually("the first task runs") { access(folder + "/started", F_OK) == 0 }
            times.values.append((ContinuousClock.now - up.started) / .seconds(1))
            up.signal(SIGTERM)
            _ = try await up.end(within: 40)
        }
        return [Bench.Row(what: "agora up → the first app's task runs", measured: times.text("s"), floor: "–", ratio: "–")]
    }
}
