import Foundation
package import Glibc

/// What /proc says, independent of everything that Agora says.
package enum Proc {
    package struct Task: Hashable, Sendable {
        package let pid: pid_t
        package let command: String
        /// The inode of its pid namespace, as `/proc/<pid>/ns/pid` has it.
        package let pidNamespace: String
        /// Its cgroup of the memory controller (v1), or its one cgroup (v2).
        package let memoryCgroup: String
    }

    /// Processes whose working folder lies below `folder`: those of tasks whose sandboxes are there. The command line tells less: for a moment
    /// it is the shell's, and none at all while the kernel replaces one by the other.
    package static func tasks(below folder: String) -> [Task] {
        pids().compactMap { pid in
            let working = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) ?? ""
            guard working.hasPrefix(folder + "/") else { return nil }
            let command = text("/proc/\(pid)/cmdline").replacingOccurrences(of: "\0", with: " ")
            let namespace = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/pid")) ?? ""
            return Task(pid: pid, command: command, pidNamespace: namespace, memoryCgroup: memoryCgroup(of: pid))
        }
    }

    /// Bytes that the task's memory cgroup allows; nil if nothing is limited.
    package static func memoryLimit(of task: Task) -> Int? {
        for file in ["/sys/fs/cgroup/memory\(task.memoryCgroup)/memory.limit_in_bytes", "/sys/fs/cgroup\(task.memoryCgroup)/memory.max"] {
            if let limit = Int(text(file).split(separator: "\n").first ?? "") { return limit }
        }
        return nil
    }

    /// Paths of the cgroups of the agent whose instance has this name (`--cgroups_root` of its /flags).
    package static func cgroups(named name: String) -> [String] {
        let root = "/sys/fs/cgroup"
        let controllers = [""] + ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted().map { "/" + $0 }
        return controllers.map { "\(root)\($0)/agora/\(name)" }.filter { access($0, F_OK) == 0 }
    }

    package static func pids() -> [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var pids: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            if let pid = pid_t(name) { pids.append(pid) }
        }
        return pids
    }

    /// What the process's open descriptors lead to.
    package static func descriptors(of pid: pid_t) -> [String] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []
        return numbers.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)") }
    }

    /// Seconds of CPU that the processes have used so far, their ended children not counted.
    package static func cpuSeconds(of pids: [pid_t]) -> Double {
        pids.reduce(0) { total, pid in
            // The command may hold blanks and brackets: fields count from the last bracket.
            guard let rest = text("/proc/\(pid)/stat").split(separator: ")").last else { return total }
            let fields = rest.split(separator: " ")
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return total }
            return total + (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    /// The process's parent; nil if it is gone.
    package static func parent(of pid: pid_t) -> pid_t? {
        let fields = text("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 1 ? pid_t(fields[1]) : nil
    }

    /// The number of the first processor that this process may run on.
    package static var firstProcessor: String {
        let line = text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") } ?? ""
        return String(line.split(separator: "\t").last?.prefix { $0.isNumber } ?? "0")
    }

    /// Kilobytes of a process's memory: now, and at most so far.
    package static func memory(of pid: pid_t) -> (now: Int, peak: Int) {
        func value(_ name: String) -> Int {
            let line = text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
            return line.split { $0 == " " || $0 == "\t" }.compactMap { Int($0) }.first ?? 0
        }
        return (value("VmRSS"), value("VmHWM"))
    }

    /// The kernel's name of the process; empty if it is gone.
    package static func name(of pid: pid_t) -> String { text("/proc/\(pid)/comm").trimmingCharacters(in: .newlines) }

    /// A variable that the process was started with; nil if it is gone or has none.
    package static func variable(_ name: String, of pid: pid_t) -> String? {
        let entry = text("/proc/\(pid)/environ", limit: .max).split(separator: "\0").first { $0.hasPrefix(name + "=") }
        return entry.map { String($0.dropFirst(name.utf8.count + 1)) }
    }

    /// Kilobytes that can still be had.
    package static func availableMemory() -> Int {
        let line = text("/proc/meminfo").split(separator: "\n").first { $0.hasPrefix("MemAvailable:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

    /// Pids of the processes whose program has this name, and which mention `text` in their command line.
    package static func pids(named program: String, mentioning text: String) -> [pid_t] {
        pids().filter { pid in
            let words = self.text("/proc/\(pid)/cmdline").split(separator: "\0")
            guard let first = words.first else { return false }
            return (String(first) as NSString).lastPathComponent == program && words.contains { $0.contains(text) }
        }
    }

    /// Lines of a file of any size.
    package static func lines(_ path: String) -> [String] { text(path, limit: .max).split(separator: "\n").map(String.init) }

    /// A file of /proc, which says that its size is 0 and gives out at most so much at a time.
    package static func text(_ path: String, limit: Int = 16_384) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < limit {
            let count = read(descriptor, &piece, piece.count)
            if count <= 0 { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func memoryCgroup(of pid: pid_t) -> String {
        var unified = ""
        for line in text("/proc/\(pid)/cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].split(separator: ",").contains("memory") { return String(parts[2]) }
            if parts[1].isEmpty { unified = String(parts[2]) }
        }
        return unified
    }
}
