using System.Net;
using Polly;

namespace RewardReasoning.Data.Hub;

/// <summary>
/// Loads one file: into <c>NAME.incomplete</c>, from where an earlier attempt stopped, and under its name only once its hash is right. What
/// came stays for the next attempt, whatever ends this one.
/// </summary>
internal sealed class HubDownload(HubRequests requests, HubOptions options, TimeProvider time)
{
    private const string PartialEnding = ".incomplete";

    /// <summary>Loads a file, unless it is there.</summary>
    /// <param name="file">What to load.</param>
    /// <param name="what">What it is called in messages.</param>
    /// <param name="url">Where it is.</param>
    /// <param name="target">Where it goes; a file there counts as it.</param>
    /// <param name="received">Told how many bytes are here; it may be fewer than before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RunAsync(
        HubFile file,
        string what,
        Uri url,
        string target,
        Action<long> received,
        CancellationToken cancellationToken
    )
    {
        string folder = Path.GetDirectoryName(target) ?? ".";
        try
        {
            if (!File.Exists(target))
            {
                Directory.CreateDirectory(folder);
                await LoadAsync(file, what, url, target, received, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"{what} cannot be kept in {folder}: {error.Message} The same command goes on from what came.", error);
        }

        received(file.Size);
    }

    private async Task LoadAsync(
        HubFile file,
        string what,
        Uri url,
        string target,
        Action<long> received,
        CancellationToken cancellationToken
    )
    {
        string folder = Path.GetDirectoryName(target) ?? ".",
            name = target + PartialEnding;
        using PartialFile? partial = await PartialFile
            .OpenAsync(name, file, () => File.Exists(target), time, cancellationToken)
            .ConfigureAwait(false);
        if (partial is not null)
        {
            RequireRoom(file, what, folder, partial.Length);
            await ReceiveRightAsync(partial, file, what, url, received, cancellationToken).ConfigureAwait(false);
            File.Move(name, target);
        }
    }

    private void RequireRoom(HubFile file, string what, string folder, long have)
    {
        long free = options.FreeBytes(folder),
            needed = file.Size - have;
        if (needed > free)
        {
            throw new HubException(
                $"{what} needs {needed} more bytes, and {free} are free where {folder} is. Make room, or name another folder (HF_HOME)."
            );
        }
    }

    /// <summary>Bytes of an earlier attempt may be wrong, so a wrong hash is final only where all bytes came in this one.</summary>
    private async Task ReceiveRightAsync(
        PartialFile partial,
        HubFile file,
        string what,
        Uri url,
        Action<long> received,
        CancellationToken cancellationToken
    )
    {
        bool resumed = partial.Length > 0;
        await ReceiveAsync(partial, file, what, url, received, cancellationToken).ConfigureAwait(false);
        if (partial.Complete())
        {
            return;
        }

        partial.Restart();
        if (resumed)
        {
            await ReceiveAsync(partial, file, what, url, received, cancellationToken).ConfigureAwait(false);
            if (partial.Complete())
            {
                return;
            }

            partial.Restart();
        }

        throw new HubException(
            $"{what} came with other bytes than the hub lists: its {(file.IsLarge ? "SHA-256" : "git hash")} is not {file.Hash}. Nothing "
                + "of it is kept; try again, and if it happens again, tell who runs the hub."
        );
    }

    private async Task ReceiveAsync(
        PartialFile partial,
        HubFile file,
        string what,
        Uri url,
        Action<long> received,
        CancellationToken cancellationToken
    )
    {
        ResiliencePipeline retries = HubResilience.Pipeline(options, time);
        long most = partial.Length;
        received(partial.Length);
        while (partial.Length < file.Size)
        {
            await retries.ExecuteAsync(AttemptAsync, cancellationToken).ConfigureAwait(false);
        }

        // A connection that broke after it brought something is not a failure of the hub: the next one begins a new count of tries.
        async ValueTask AttemptAsync(CancellationToken stop)
        {
            long before = most;
            try
            {
                await ReceivePartAsync(partial, file, what, url, Progressed, stop).ConfigureAwait(false);
            }
            catch (HubException failure) when (failure.IsTransient && most > before) { }
        }

        void Progressed(long bytes)
        {
            most = Math.Max(most, bytes);
            received(bytes);
        }
    }

    private async Task ReceivePartAsync(
        PartialFile partial,
        HubFile file,
        string what,
        Uri url,
        Action<long> received,
        CancellationToken cancellationToken
    )
    {
        using HttpResponseMessage response = await requests.GetAsync(url, partial.Length, cancellationToken).ConfigureAwait(false);
        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == partial.Length;
        if (
            partial.Length > 0
            && !goesOn
            && (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        )
        {
            partial.Restart(); // the server does not send what is missing, so it sends all
            received(0);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return;
            }
        }
        else if (!response.IsSuccessStatusCode)
        {
            throw requests.ErrorOf(response, what);
        }

        using HubBody body = new(response, options.IdleTimeout, requests, time, cancellationToken);
        while (await body.ReadAsync().ConfigureAwait(false) is { IsEmpty: false } bytes)
        {
            if (partial.Length + bytes.Length > file.Size)
            {
                partial.Restart();
                throw new HubException($"{what} is longer than the {file.Size} bytes that the hub lists; nothing of it is kept.");
            }

            await partial.AppendAsync(bytes, cancellationToken).ConfigureAwait(false);
            received(partial.Length);
        }

        if (partial.Length < file.Size)
        {
            throw new HubException($"{what}: the connection was closed after {partial.Length} of {file.Size} bytes.")
            {
                IsTransient = true,
            };
        }
    }
}
