import BatchCore
import FrameworkCore
import JSON
import Machine

/// Writes the metrics in the form of Dropwizard's servlet, under Chronos's names where it has them.
struct MetricsWriter {
    let batch: Batch

    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("version", "3.0.0")
        writer.key(verbatim: "gauges")
        writer.beginObject()
        // All that wait, and those of them that go first.
        gauge("org.apache.mesos.chronos.scheduler.jobs.TaskManager.queueSize", batch.queue.count, into: &writer)
        gauge("org.apache.mesos.chronos.scheduler.jobs.TaskManager.highQueueSize", batch.waitingWithHighPriority, into: &writer)
        gauge("agora.batch.jobs", batch.jobs.count, into: &writer)
        gauge("agora.batch.runs", batch.runs.count, into: &writer)
        gauge("agora.batch.notifications_waiting", batch.waitingNotices, into: &writer)
        gauge("agora.batch.quarantined", batch.quarantine.count, into: &writer)
        gauge("agora.batch.subscribed", batch.link.isSubscribed ? 1 : 0, into: &writer)
        writer.endObject()
        writer.key(verbatim: "counters")
        writer.beginObject()
        let counters = batch.counters
        for (name, count) in [
            ("offers_received", counters.offersReceived), ("offers_declined", counters.offersDeclined), ("tasks_launched", counters.launched),
            ("runs_created", counters.runsCreated), ("runs_skipped", counters.runsSkipped), ("runs_succeeded", counters.runsSucceeded),
            ("runs_failed", counters.runsFailed), ("notifications_delivered", counters.noticesDelivered),
            ("notifications_failed", counters.noticesFailed), ("notifications_given_up", counters.noticesGivenUp)
        ] {
            counter("agora.batch.\(name)", count, into: &writer)
        }
        for job in batch.allJobs {
            if job.progress.successCount > 0 { counter("jobs.run.success.\(job.name)", Int(job.progress.successCount), into: &writer) }
            if job.progress.errorCount > 0 { counter("jobs.run.failure.\(job.name)", Int(job.progress.errorCount), into: &writer) }
        }
        writer.endObject()
        writer.key(verbatim: "histograms")
        writer.beginObject()
        for job in batch.allJobs {
            let latencies = Latencies(batch.runs(of: job))
            if latencies.count > 0 { histogram("jobs.run.time.\(job.name)", latencies, into: &writer) }
        }
        writer.endObject()
        for name in ["meters", "timers"] as [StaticString] {
            writer.key(verbatim: name)
            writer.beginObject()
            writer.endObject()
        }
        writer.endObject()
    }

    private func gauge(_ name: String, _ value: Int, into writer: inout JSONWriter) { single(name, "value", value, into: &writer) }

    private func counter(_ name: String, _ value: Int, into writer: inout JSONWriter) { single(name, "count", value, into: &writer) }

    private func single(_ name: String, _ member: StaticString, _ value: Int, into writer: inout JSONWriter) {
        writer.key(name)
        writer.beginObject()
        writer.member(member, value)
        writer.endObject()
    }

    private func histogram(_ name: String, _ latencies: Latencies, into writer: inout JSONWriter) {
        writer.key(name)
        writer.beginObject()
        writer.member("count", latencies.count)
        for (name, part) in [("max", 1_000), ("min", 1), ("p50", 500), ("p75", 750), ("p95", 950), ("p98", 980), ("p99", 990), ("p999", 999)]
            as [(StaticString, Int)]
        {
            writer.key(verbatim: name)
            writer.double(latencies.quantile(part))
        }
        writer.key(verbatim: "mean")
        writer.double(latencies.mean)
        writer.endObject()
    }
}
