/** Rows of signed messages. */
import { optionalSetting, setting } from '../setting.js';

const noText = { default: null, status: 'planned' } as const;

export const securityRows = {
  securityKey: optionalSetting('string', { ...noText, meaning: 'file of the private key' }),
  securityKeyPassword: optionalSetting('bytes', { ...noText, meaning: 'its password' }),
  securityCertificate: optionalSetting('string', { ...noText, meaning: 'file of the certificate' }),
  securityCertStore: optionalSetting('string', {
    ...noText,
    meaning: 'files of the certificates that are trusted, as *.pem',
  }),
  securityDigest: setting('string', { default: 'sha256', status: 'planned', meaning: 'hash that is signed' }),
} as const;
