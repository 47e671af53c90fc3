import Foundation
import Glibc
import Harness
import NIOHTTP1

/// POST of an app of 100 instances → 100 processes that /proc shows, each in a pid namespace and a memory cgroup of its own.
enum Launches {
    static let app = #"{"id":"/hundred","cmd":"exec sleep 1000","instances":100,"cpus":0.01,"mem":32,"portDefinitions":[]}"#

    static func measure(rounds: Int) async throws -> [Bench.Row] {
        try Floor.build()
        defer { Floor.remove() }
        var times = Samples()
        var floors = Samples()
        var cpu = Samples()
        try await Cluster.run { cluster in
            for _ in 0..<rounds {
                floors.values.append(try Floor.seconds(100))
                let servers = Proc.pids(named: "agora", mentioning: cluster.folder) + Proc.pids(named: "agora-launcher", mentioning: "")
                let before = Proc.cpuSeconds(of: servers)
                times.values.append(
                    try await timed {
                        try await cluster.createApp(app)
                        try await cluster.waitForRunning("/hundred", 100)
                    })
                cpu.values.append(Proc.cpuSeconds(of: servers) - before)
                let tasks = Proc.tasks(below: cluster.folder)
                guard tasks.count == 100, Set(tasks.map(\.pidNamespace)).count == 100, Set(tasks.map(\.memoryCgroup)).count == 100 else {
                    throw TestFailure("/proc shows \(tasks.count) tasks in \(Set(tasks.map(\.pidNamespace)).count) pid namespaces")
                }
                try await remove("/hundred", cluster)
            }
        }
        return [
            Bench.Row(
                what: "POST of an app → 100 tasks running", measured: times.text("s"), floor: floors.text("s"), ratio: Samples.ratio(times, floors)),
            Bench.Row(what: "CPU of all Agora processes for that", measured: cpu.text("s", 2), floor: "–", ratio: "–")
        ]
    }

    static func remove(_ id: String, _ cluster: Cluster) async throws {
        _ = try await cluster.call(.DELETE, "\(cluster.services)/v2/apps\(id)")
        try await cluster.waitForNoDeployments()
        try await eventually("no task of \(id) is left") { Proc.tasks(below: cluster.folder).isEmpty }
    }
}

/// Scaling, stopping and replacing what runs.
enum Changes {
    static func measure(rounds: Int) async throws -> [Bench.Row] {
        try Floor.build()
        defer { Floor.remove() }
        var up = Samples(), down = Samples(), roll = Samples(), floors = Samples(), floorTen = Samples()
        try await Cluster.run { cluster in
            for _ in 0..<rounds {
                floors.values.append(try Floor.seconds(100))
                floorTen.values.append(try Floor.seconds(10))
                try await cluster.createApp(#"{"id":"/s","cmd":"exec sleep 1000","cpus":0.01,"mem":32,"portDefinitions":[]}"#)
                try await cluster.waitForRunning("/s", 1)
                try await cluster.waitForNoDeployments()
                up.values.append(
                    try await timed {
                        _ = try await cluster.call(.PUT, "\(cluster.services)/v2/apps/s", #"{"instances":100}"#)
                        try await cluster.waitForRunning("/s", 100)
                    })
                try await cluster.waitForNoDeployments()
                down.values.append(
                    try await timed {
                        _ = try await cluster.call(.PUT, "\(cluster.services)/v2/apps/s", #"{"instances":0}"#)
                        try await eventually("all stopped") { Proc.tasks(below: cluster.folder).isEmpty }
                    })
                try await cluster.waitForNoDeployments()
                _ = try await cluster.call(.PUT, "\(cluster.services)/v2/apps/s", #"{"instances":10}"#)
                try await cluster.waitForRunning("/s", 10)
                try await cluster.waitForNoDeployments()
                roll.values.append(
                    try await timed {
                        _ = try await cluster.call(.POST, "\(cluster.services)/v2/apps/s/restart")
                        try await cluster.waitForNoDeployments()
                    })
                try await Launches.remove("/s", cluster)
            }
        }
        return [
            Bench.Row(what: "scale 1 → 100", measured: up.text("s"), floor: floors.text("s"), ratio: Samples.ratio(up, floors)),
            Bench.Row(what: "stop of 100", measured: down.text("s"), floor: "–", ratio: "–"),
            Bench.Row(what: "rolling restart of 10", measured: roll.text("s"), floor: floorTen.text("s"), ratio: Samples.ratio(roll, floorTen))
        ]
    }
}

/// What 300 tasks cost while they just run.
enum Density {
    static func measure() async throws -> [Bench.Row] {
        var rows: [Bench.Row] = []
        try await Cluster.run { cluster in
            let alone = try await ownMemory(of: 300)
            try await Task.sleep(for: .seconds(2))
            let before = Proc.availableMemory()
            try await cluster.createApp(#"{"id":"/d","cmd":"exec sleep 1000","instances":300,"cpus":0.01,"mem":16,"portDefinitions":[]}"#)
            try await cluster.waitForRunning("/d", 300, within: 60)
            try await Task.sleep(for: .seconds(3))
            let used = before - Proc.availableMemory()
            let servers = Proc.pids(named: "agora", mentioning: cluster.folder) + Proc.pids(named: "agora-launcher", mentioning: "")
            let cpuBefore = Proc.cpuSeconds(of: servers)
            let seconds = try await timed { try await Task.sleep(for: .seconds(20)) }
            let cores = (Proc.cpuSeconds(of: servers) - cpuBefore) / seconds
            rows = [
                Bench.Row(
                    what: "memory of a task, above its own", measured: String(format: "%.2f MB", Double(used - alone) / 300 / 1_024),
                    floor: String(format: "%.2f MB (a bare sleep)", Double(alone) / 300 / 1_024), ratio: "–"),
                Bench.Row(what: "CPU at rest with 300 tasks", measured: String(format: "%.3f cores", cores), floor: "–", ratio: "–")
            ]
            try await Launches.remove("/d", cluster)
        }
        return rows
    }

    /// Kilobytes that so many bare processes take.
    private static func ownMemory(of count: Int) async throws -> Int {
        let before = Proc.availableMemory()
        var pids: [pid_t] = []
        defer {
            for pid in pids { kill(pid, SIGKILL) }
            for pid in pids { waitpid(pid, nil, 0) }
        }
        for _ in 0..<count {
            var words: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
            defer { for word in words { free(word) } }
            var pid: pid_t = 0
            guard posix_spawn(&pid, "/bin/sleep", nil, nil, &words, environ) == 0 else { throw TestFailure("can't start /bin/sleep") }
            pids.append(pid)
        }
        try await Task.sleep(for: .seconds(1))
        return before - Proc.availableMemory()
    }
}
