namespace RewardReasoning.Data.Hub;

/// <summary>Adds up how far the files of a download are.</summary>
internal sealed class HubTally(IReadOnlyList<HubFile> files, Action<HubProgress>? told)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<HubFile, long> _bytes = files.ToDictionary(file => file, _ => 0L);
    private readonly long _all = files.Sum(file => file.Size);
    private long _done;
    private int _finished;

    public void Received(HubFile file, long bytes)
    {
        lock (_gate)
        {
            _done += bytes - _bytes[file];
            _bytes[file] = bytes;
            told?.Invoke(new(_all, _done, files.Count, _finished, Finished: null));
        }
    }

    public void Finished(HubFile file)
    {
        lock (_gate)
        {
            _finished++;
            told?.Invoke(new(_all, _done, files.Count, _finished, file));
        }
    }
}
