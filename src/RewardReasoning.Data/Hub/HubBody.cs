namespace RewardReasoning.Data.Hub;

/// <summary>The bytes of an answer, as they come; silence and broken connections are failures that may be tried again.</summary>
internal sealed class HubBody : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly TimeSpan _longestSilence;
    private readonly HubRequests _requests;
    private readonly CancellationTokenSource _idle;
    private readonly CancellationTokenRegistration _stop;
    private readonly CancellationToken _cancellationToken;
    private readonly byte[] _buffer = new byte[1 << 17];
    private Stream? _stream;

    public HubBody(
        HttpResponseMessage response,
        TimeSpan longestSilence,
        HubRequests requests,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        (_response, _longestSilence, _requests, _cancellationToken) = (response, longestSilence, requests, cancellationToken);
        _idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _stop = cancellationToken.UnsafeRegister(source => ((CancellationTokenSource?)source)?.Cancel(), _idle);
    }

    /// <summary>The next bytes, good until the next call; none at the end.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync()
    {
        try
        {
            _idle.CancelAfter(_longestSilence);
            _stream ??= await _response.Content.ReadAsStreamAsync(_idle.Token).ConfigureAwait(false);
            int read = await _stream.ReadAsync(_buffer, _idle.Token).ConfigureAwait(false);
            return _buffer.AsMemory(0, read);
        }
        catch (OperationCanceledException) when (!_cancellationToken.IsCancellationRequested)
        {
            throw _requests.Silent(_response.RequestMessage?.RequestUri);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw new HubException(
                $"The connection to {HubRequests.Shown(_response.RequestMessage?.RequestUri ?? new Uri("https://huggingface.co"))} "
                    + $"broke: {broken.Message}",
                broken
            )
            {
                IsTransient = true,
            };
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _idle.Dispose();
        _stream?.Dispose();
    }
}
